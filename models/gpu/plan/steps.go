package plan

import (
	"slices"

	"hpaflow/models/network"
)

// Step is one operation of a program.
type Step struct {
	Name  string
	Flops float64 // multiplications and additions a sample, where they are many
	Op    Op
}

// Op is an operation on values. Parameters are numbered as in Params.List, norms
// as in Program.Norms; NoNorm stands where there is none.
type Op interface {
	touches() []ID // the values it reads or writes
}

// NoNorm stands where an operation has no batch norm of its own.
const NoNorm = -1

// ConvShape is a convolution's shape, for any number of samples.
type ConvShape struct {
	C, H, W          int
	K, R, S          int
	StrideH, StrideW int
	PadH, PadW       int
	Groups           int
}

// OutH and OutW are the size of its result.
func (s ConvShape) OutH() int { return (s.H+2*s.PadH-s.R)/s.StrideH + 1 }
func (s ConvShape) OutW() int { return (s.W+2*s.PadW-s.S)/s.StrideW + 1 }

// Flops is the multiplications and additions of one sample, in each direction.
func (s ConvShape) Flops() float64 {
	return 2 * float64(s.OutH()*s.OutW()) * float64(s.K) * float64(s.C/s.Groups*s.R*s.S)
}

// The convolution Y = X*weights and its two gradients. With Add the gradient is
// added to what DX holds.
type (
	Conv struct {
		Shape   ConvShape
		X, Y    ID
		Weights int
	}
	ConvWeights struct {
		Shape   ConvShape
		X, DY   ID
		Weights int
	}
	ConvData struct {
		Shape   ConvShape
		DY, DX  ID
		Weights int
		Add     bool
	}
)

// Norm is a batch norm: its parameters, and where its channels begin in either
// half of the statistics.
type Norm struct {
	C            int
	Eps          float64
	Weight, Bias int
	Channel      int
}

// Cut says where the ReLU behind a batch norm cut: nowhere, for want of one; as
// its input tells; or as its result does, to which something had been added.
type Cut int

// The cuts.
const (
	CutNone Cut = iota
	CutInput
	CutOutput
)

// Stats takes the statistics of Y and moves the running ones; with Mean and Raw
// it leaves those of each image for the squeeze-and-excitation that follows.
// Apply computes Out = norm of Y (+ Residual, or the ResidualNorm of it) (cut at
// zero). NormBackward computes from DOut the gradients of Y, in its place, and
// of the norm's parameters; with CutOutput it sets DOut to zero where Out was
// cut, and DOut is then the gradient of what was added.
type (
	Stats struct {
		Norm         int
		Y, Mean, Raw ID
	}
	Apply struct {
		Norm             int
		Y, Out, Residual ID
		ResidualNorm     int
		ReLU             bool
	}
	NormBackward struct {
		Norm             int
		Y, Out, DOut, DY ID
		Cut              Cut
	}
)

// Pools, each with its gradient, which is added to what DX holds with Add.
// MaxPool keeps in Index the place in its window that a maximum came from; while
// predicting there is none. With Norm it is the pool of max(norm of X, 0), and
// the gradient in the place of X is that of the norm's input.
type (
	MaxPool struct {
		Shape       network.MaxPool
		Norm        int
		X, Y, Index ID
	}
	MaxPoolBackward struct {
		Shape         network.MaxPool
		DY, Index, DX ID
		Add           bool
	}
	NormMaxPoolBackward struct {
		Shape            network.MaxPool
		Norm             int
		X, DY, Index, DX ID
	}
	AveragePool3 struct {
		X, Y ID
		Add  bool // its gradient is an average, too
	}
	AdaptivePool         struct{ X, Y ID }
	AdaptivePoolBackward struct {
		DY, DX ID
		Add    bool
	}
	MeanPool         struct{ X, Y ID }
	MeanPoolBackward struct {
		DY, DX ID
		Add    bool
	}
)

// Squeeze are the parameters of squeeze-and-excitation, and what its forward
// pass keeps. With Norm its input is that norm of X.
type Squeeze struct {
	Hidden                    int
	W1, B1, W2, B2            int
	Mean, Between, Gates, Raw ID // (N,C), (N,Hidden), (N,C), (N,C)
	Norm                      int
}

// SqueezeExcite computes Out = max(input*gates + Residual, 0); the means of each
// image it computes itself if Means is set, else Stats has left them. Going
// back, DOut is set to zero where Out was cut, and is then the residual's
// gradient; DX is the gradient of X, in its place.
type (
	SqueezeExcite struct {
		Squeeze
		X, Residual, Out ID
		Means            bool
	}
	SqueezeExciteBackward struct {
		Squeeze
		X, Out, DOut, DX ID
	}
)

// The heads. Kept is what an attention head leaves for its gradient; while
// predicting it is nothing afterwards.
type (
	Linear struct {
		X, Y         ID
		Weight, Bias int
	}
	LinearBackward struct {
		X, DY, DX    ID
		Weight, Bias int
	}
	Attention struct {
		Logits, Scores, Y, Kept ID
		Bias                    int
	}
	AttentionBackward struct {
		Logits, Scores, Kept, DY, DLogits, DScores ID
		Bias, Cancelled                            int
	}
)

// Copy lays From beside others in a concatenation, or takes it back out of it;
// Add adds From to To.
type (
	Copy struct{ From, To ID }
	Add  struct{ From, To ID }
)

// Loss computes the loss of each head's logits, which count as Weights says,
// and their gradients.
type Loss struct {
	Logits, Gradients []ID
	Weights           []float64
}

func (o *Conv) touches() []ID                 { return []ID{o.X, o.Y} }
func (o *ConvWeights) touches() []ID          { return []ID{o.X, o.DY} }
func (o *ConvData) touches() []ID             { return []ID{o.DY, o.DX} }
func (o *Stats) touches() []ID                { return []ID{o.Y, o.Mean, o.Raw} }
func (o *Apply) touches() []ID                { return []ID{o.Y, o.Out, o.Residual} }
func (o *NormBackward) touches() []ID         { return []ID{o.Y, o.Out, o.DOut, o.DY} }
func (o *MaxPool) touches() []ID              { return []ID{o.X, o.Y, o.Index} }
func (o *MaxPoolBackward) touches() []ID      { return []ID{o.DY, o.Index, o.DX} }
func (o *NormMaxPoolBackward) touches() []ID  { return []ID{o.X, o.DY, o.Index, o.DX} }
func (o *AveragePool3) touches() []ID         { return []ID{o.X, o.Y} }
func (o *AdaptivePool) touches() []ID         { return []ID{o.X, o.Y} }
func (o *AdaptivePoolBackward) touches() []ID { return []ID{o.DY, o.DX} }
func (o *MeanPool) touches() []ID             { return []ID{o.X, o.Y} }
func (o *MeanPoolBackward) touches() []ID     { return []ID{o.DY, o.DX} }
func (s *Squeeze) kept() []ID                 { return []ID{s.Mean, s.Between, s.Gates, s.Raw} }
func (o *SqueezeExcite) touches() []ID        { return append(o.kept(), o.X, o.Residual, o.Out) }
func (o *SqueezeExciteBackward) touches() []ID {
	return append(o.kept(), o.X, o.Out, o.DOut, o.DX)
}
func (o *Linear) touches() []ID         { return []ID{o.X, o.Y} }
func (o *LinearBackward) touches() []ID { return []ID{o.X, o.DY, o.DX} }
func (o *Attention) touches() []ID      { return []ID{o.Logits, o.Scores, o.Y, o.Kept} }
func (o *AttentionBackward) touches() []ID {
	return []ID{o.Logits, o.Scores, o.Kept, o.DY, o.DLogits, o.DScores}
}
func (o *Copy) touches() []ID { return []ID{o.From, o.To} }
func (o *Add) touches() []ID  { return []ID{o.From, o.To} }
func (o *Loss) touches() []ID { return append(append([]ID{}, o.Logits...), o.Gradients...) }

// Gradients are the parameters whose gradients an operation of the program
// computes.
func (p *Program) Gradients(op Op) []int {
	norm := func(i int) []int {
		if i == NoNorm {
			return nil
		}
		return []int{p.Norms[i].Weight, p.Norms[i].Bias}
	}
	switch o := op.(type) {
	case *ConvWeights:
		return []int{o.Weights}
	case *NormBackward:
		return norm(o.Norm)
	case *NormMaxPoolBackward:
		return norm(o.Norm)
	case *SqueezeExciteBackward:
		return append(norm(o.Norm), o.W1, o.B1, o.W2, o.B2)
	case *LinearBackward:
		return []int{o.Weight, o.Bias}
	case *AttentionBackward:
		return []int{o.Bias, o.Cancelled}
	}
	return nil
}

// Touches are the values that an operation reads or writes, each once.
func (p *Program) Touches(op Op) []ID {
	var list []ID
	for _, id := range op.touches() {
		if id != None && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}
