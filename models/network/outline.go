package network

import (
	"fmt"

	"hpaflow/models/statedict"
)

// Outline is what can be said of a network without making it.
type Outline struct {
	// Tensors are those of its state dict, names and shapes alone: parameters
	// and batch norm's statistics, auxiliary heads included if it is to train.
	Tensors []statedict.Tensor

	// Norm is how many positions an image has where batch norm sees the fewest.
	// In training a channel needs two values at least: samples times positions.
	Norm int

	// Flops is the multiplications and additions of convolutions, a sample: those
	// of a prediction, or of a step where the network is to train, which has two
	// gradients of each but the input's.
	Flops float64
}

// Sketch outlines a network for images (N,channels,height,width). The tensors
// do not depend on height and width.
func Sketch(model string, channels, height, width, classes int, training bool) (*Outline, error) {
	n := ByName(model)
	if n == nil {
		return nil, fmt.Errorf("there is no network %q", model)
	}
	s := &sketch{training: training, shapes: map[string][]int{}, refs: 1}
	n.Build(s, Activation{C: channels, H: height, W: width}, Heads{Classes: classes})
	return &s.Outline, nil
}

// sketch goes through a network's layers and notes what they are made of.
type sketch struct {
	Outline
	training bool
	shapes   map[string][]int // of the tensors
	refs     int
}

var _ Layers = (*sketch)(nil)

func (s *sketch) tensor(name string, shape ...int) {
	if s.shapes[name] == nil {
		s.shapes[name] = shape
		s.Tensors = append(s.Tensors, statedict.Tensor{Name: name, Shape: shape})
	}
}

func (s *sketch) result(c, h, w int) Activation {
	s.refs++
	return Activation{C: c, H: h, W: w, Ref: s.refs}
}

func (s *sketch) Training() bool { return s.training }

func (s *sketch) Conv(x Activation, name string, c ConvShape) Activation {
	s.tensor(name+".weight", c.Out, x.C/max(c.Groups, 1), c.KH, c.KW)
	if c.Bias {
		s.tensor(name+".bias", c.Out)
	}
	y := s.result(c.Out, (x.H+2*c.PadH-c.KH)/max(c.StrideH, 1)+1, (x.W+2*c.PadW-c.KW)/max(c.StrideW, 1)+1)
	s.count(x, y, y.C*(x.C/max(c.Groups, 1))*c.KH*c.KW)
	return y
}

// count counts so many products of each position of y, and of the gradients.
func (s *sketch) count(x, y Activation, products int) {
	passes := 1
	switch {
	case s.training && x.Image():
		passes = 2
	case s.training:
		passes = 3
	}
	s.Flops += 2 * float64(passes*y.Plane()) * float64(products)
}

func (s *sketch) LayerNorm(x Activation, name string, _ float64) Activation {
	s.tensor(name+".weight", x.C)
	s.tensor(name+".bias", x.C)
	return s.result(x.C, x.H, x.W)
}

func (s *sketch) Dense(x Activation, d Dense) Activation {
	s.tensor(d.Names[0]+".weight", d.Out, x.C)
	s.tensor(d.Names[0]+".bias", d.Out)
	if d.Scale != "" {
		s.tensor(d.Scale, d.Out)
	}
	y := s.result(d.Out, x.H, x.W)
	s.count(x, y, d.Out*x.C)
	return y
}

func (s *sketch) ConvNorm(x Activation, c ConvNorm) Activation {
	return s.norm(s.Conv(x, c.Conv, c.Shape), c.Norm)
}

func (s *sketch) Norm(x Activation, n Norm) Activation {
	return s.norm(s.result(x.C, x.H, x.W), n.Name)
}

// norm notes a batch norm of y.
func (s *sketch) norm(y Activation, name string) Activation {
	for _, part := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
		s.tensor(name+part, y.C)
	}
	if s.Outline.Norm == 0 || y.Plane() < s.Outline.Norm {
		s.Outline.Norm = y.Plane()
	}
	return y
}

func (s *sketch) MaxPool(x Activation, _ string, p MaxPool) Activation {
	side := func(n int) int {
		reach := n + 2*p.Pad - p.Kernel
		if p.Ceil && reach%p.Stride != 0 && (reach/p.Stride+1)*p.Stride < n+p.Pad {
			return reach/p.Stride + 2
		}
		return reach/p.Stride + 1
	}
	return s.result(x.C, side(x.H), side(x.W))
}

func (s *sketch) AveragePool3(x Activation, _ string) Activation { return s.result(x.C, x.H, x.W) }

func (s *sketch) AveragePool2(x Activation, _ string) Activation {
	return s.result(x.C, x.H/2, x.W/2)
}

func (s *sketch) AdaptivePool(x Activation, _ string, h, w int) Activation {
	return s.result(x.C, h, w)
}

func (s *sketch) MeanPool(x Activation, _ string) Activation { return s.result(x.C, 0, 0) }

func (s *sketch) Concat(_ string, xs ...Activation) Activation {
	c := 0
	for _, x := range xs {
		c += x.C
	}
	return s.result(c, xs[0].H, xs[0].W)
}

func (s *sketch) SqueezeExcite(x Activation, name string, hidden int, _ Activation) Activation {
	s.tensor(name+".fc1.weight", hidden, x.C, 1, 1)
	s.tensor(name+".fc1.bias", hidden)
	s.tensor(name+".fc2.weight", x.C, hidden, 1, 1)
	s.tensor(name+".fc2.bias", x.C)
	return s.result(x.C, x.H, x.W)
}

func (s *sketch) Linear(x Activation, name string, out int) Activation {
	s.tensor(name+".weight", out, x.C)
	s.tensor(name+".bias", out)
	return s.result(out, 0, 0)
}

func (s *sketch) Attention(logits, _ Activation, logitsName, scoresName string) Activation {
	for _, name := range []string{logitsName, scoresName} {
		s.tensor(name+".bias", s.shapes[name+".weight"][0])
	}
	return s.result(logits.C, 0, 0)
}
