//go:build gpu && linux

package gpu

import (
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// The launches of the kernels between convolutions, and the scratch they need.

var cuts = [...]kernels.Cut{plan.CutNone: kernels.CutNone, plan.CutInput: kernels.CutInput, plan.CutOutput: kernels.CutOutput}

func (e *engine) launchNorm(p *plan.Program, op plan.Op, n int) func() error {
	s, k, scratch := e.compute, e.kernels, e.memory.scratch
	switch o := op.(type) {
	case *plan.Stats:
		y, norm := e.mat(p, o.Y, n), e.norm(p, o.Norm)
		var images *kernels.Images
		if o.Mean != plan.None {
			images = &kernels.Images{N: n, Raw: e.at(p, o.Raw), Mean: e.at(p, o.Mean)}
		}
		return func() error { return k.NormStats(s, y, norm, e.momentum, e.memory.ok, images, scratch) }
	case *plan.Apply:
		out, y, norm := e.mat(p, o.Out, n), e.mat(p, o.Y, n), e.norm(p, o.Norm)
		var residual *kernels.Residual
		if o.Residual != plan.None {
			residual = &kernels.Residual{Mat: e.mat(p, o.Residual, n), Moments: e.momentsOf(p, o.ResidualNorm)}
		}
		return func() error { return k.NormApply(s, out, y, norm, residual, o.ReLU) }
	case *plan.NormBackward:
		dy, y, out, dout, norm := e.mat(p, o.DY, n), e.mat(p, o.Y, n), e.mat(p, o.Out, n), e.mat(p, o.DOut, n), e.norm(p, o.Norm)
		dgamma, dbeta := e.normGrads(p, o.Norm)
		return func() error {
			return k.NormBackward(s, dy, y, out, dout, norm, dgamma, dbeta, cuts[o.Cut], scratch)
		}
	}
	return nil
}

// normGrads is where the gradients of a norm's parameters go.
func (e *engine) normGrads(p *plan.Program, norm int) (dgamma, dbeta cuda.Ptr) {
	return e.gradient(p.Norms[norm].Weight), e.gradient(p.Norms[norm].Bias)
}

func (e *engine) launchPool(p *plan.Program, op plan.Op, n int) func() error {
	s, k, scratch := e.compute, e.kernels, e.memory.scratch
	switch o := op.(type) {
	case *plan.MaxPool:
		shape, y, x, index := maxPool(p, o.Shape.Kernel, o.Shape.Stride, o.Shape.Pad, o.X, o.Y, n), e.mat(p, o.Y, n), e.mat(p, o.X, n), e.at(p, o.Index)
		moments := e.momentsOf(p, o.Norm)
		return func() error { return k.MaxPoolForward(s, shape, y, x, moments, index) }
	case *plan.MaxPoolBackward:
		shape, dx, dy, index := maxPool(p, o.Shape.Kernel, o.Shape.Stride, o.Shape.Pad, o.DX, o.DY, n), e.mat(p, o.DX, n), e.mat(p, o.DY, n), e.at(p, o.Index)
		return func() error { return k.MaxPoolBackward(s, shape, dx, dy, index, o.Add) }
	case *plan.NormMaxPoolBackward:
		shape, index := maxPool(p, o.Shape.Kernel, o.Shape.Stride, o.Shape.Pad, o.X, o.DY, n), e.at(p, o.Index)
		dx, x, dy, norm := e.mat(p, o.DX, n), e.mat(p, o.X, n), e.mat(p, o.DY, n), e.norm(p, o.Norm)
		dgamma, dbeta := e.normGrads(p, o.Norm)
		return func() error {
			return k.NormMaxPoolBackward(s, shape, dx, x, dy, index, norm, dgamma, dbeta, scratch)
		}
	case *plan.AveragePool3:
		g, y, x := grid(p, o.X, n), e.mat(p, o.Y, n), e.mat(p, o.X, n)
		return func() error { return k.AveragePool3(s, g, y, x, o.Add) }
	case *plan.AdaptivePool:
		out, in, y, x := grid(p, o.Y, n), grid(p, o.X, n), e.mat(p, o.Y, n), e.mat(p, o.X, n)
		return func() error { return k.AdaptivePoolForward(s, out, in, y, x) }
	case *plan.AdaptivePoolBackward:
		out, in, dx, dy := grid(p, o.DY, n), grid(p, o.DX, n), e.mat(p, o.DX, n), e.mat(p, o.DY, n)
		return func() error { return k.AdaptivePoolBackward(s, out, in, dx, dy, o.Add) }
	case *plan.MeanPool:
		y, x := e.at(p, o.Y), e.mat(p, o.X, n)
		return func() error { return k.MeanPoolForward(s, n, y, x, 0, scratch) }
	case *plan.MeanPoolBackward:
		dx, dy := e.mat(p, o.DX, n), e.at(p, o.DY)
		return func() error { return k.MeanPoolBackward(s, n, dx, dy, o.Add) }
	}
	return nil
}

// maxPool is the shape of a max pool from in to out.
func maxPool(p *plan.Program, kernel, stride, pad int, in, out plan.ID, n int) kernels.MaxPool {
	return kernels.MaxPool{In: grid(p, in, n), Out: grid(p, out, n), Kernel: kernel, Stride: stride, Pad: pad}
}

// squeeze is the memory of a squeeze-and-excitation of x.
func (e *engine) squeeze(p *plan.Program, q *plan.Squeeze, x plan.ID, n int) kernels.Squeeze {
	s := kernels.Squeeze{
		N: n, C: p.Value(x).C, Hidden: q.Hidden,
		W1: e.weight(q.W1), B1: e.weight(q.B1), W2: e.weight(q.W2), B2: e.weight(q.B2),
		Mean: e.at(p, q.Mean), Between: e.at(p, q.Between), Gates: e.at(p, q.Gates), Raw: e.at(p, q.Raw),
	}
	if q.Norm != plan.NoNorm {
		norm := e.norm(p, q.Norm)
		s.Norm = &norm
	}
	return s
}

func (e *engine) launchSqueeze(p *plan.Program, op plan.Op, n int) func() error {
	s, k, scratch := e.compute, e.kernels, e.memory.scratch
	switch o := op.(type) {
	case *plan.SqueezeExcite:
		q, out, x, residual := e.squeeze(p, &o.Squeeze, o.X, n), e.mat(p, o.Out, n), e.mat(p, o.X, n), e.mat(p, o.Residual, n)
		moments := e.momentsOf(p, o.Norm)
		return func() error {
			if o.Means {
				if err := k.MeanPoolForward(s, n, q.Mean, x, moments, scratch); err != nil {
					return err
				}
			}
			if err := k.SqueezeGates(s, q); err != nil {
				return err
			}
			return k.SqueezeApply(s, q, out, x, residual)
		}
	case *plan.SqueezeExciteBackward:
		q, dx, x, out, dout := e.squeeze(p, &o.Squeeze, o.X, n), e.mat(p, o.DX, n), e.mat(p, o.X, n), e.mat(p, o.Out, n), e.mat(p, o.DOut, n)
		d := kernels.SqueezeGrads{W1: e.gradient(o.W1), B1: e.gradient(o.B1), W2: e.gradient(o.W2), B2: e.gradient(o.B2)}
		if o.Norm != plan.NoNorm {
			d.Gamma, d.Beta = e.normGrads(p, o.Norm)
		}
		return func() error { return k.SqueezeBackward(s, q, dx, x, out, dout, d, scratch) }
	}
	return nil
}

func (e *engine) launchHead(p *plan.Program, op plan.Op, n int) func() error {
	s, k := e.compute, e.kernels
	switch o := op.(type) {
	case *plan.Linear:
		l := kernels.Linear{N: n, In: p.Value(o.X).C, Out: p.Value(o.Y).C}
		y, x, w, bias := e.at(p, o.Y), e.at(p, o.X), e.weight(o.Weight), e.weight(o.Bias)
		return func() error { return k.LinearForward(s, l, y, x, w, bias) }
	case *plan.LinearBackward:
		l := kernels.Linear{N: n, In: p.Value(o.X).C, Out: p.Value(o.DY).C}
		x, dy, dx, w := e.at(p, o.X), e.at(p, o.DY), e.at(p, o.DX), e.weight(o.Weight)
		dw, dbias := e.gradient(o.Weight), e.gradient(o.Bias)
		return func() error {
			if err := k.LinearBackwardWeights(s, l, dw, dbias, dy, x); err != nil {
				return err
			}
			return k.LinearBackwardData(s, l, dx, dy, w)
		}
	case *plan.Attention:
		y, logits, scores, bias, kept := e.at(p, o.Y), e.mat(p, o.Logits, n), e.mat(p, o.Scores, n), e.weight(o.Bias), e.at(p, o.Kept)
		return func() error { return k.AttentionForward(s, n, y, logits, scores, bias, kept) }
	case *plan.AttentionBackward:
		dl, ds, logits, scores := e.mat(p, o.DLogits, n), e.mat(p, o.DScores, n), e.mat(p, o.Logits, n), e.mat(p, o.Scores, n)
		dbias, cancelled, dy, kept := e.gradient(o.Bias), e.gradient(o.Cancelled), e.at(p, o.DY), e.at(p, o.Kept)
		return func() error {
			return k.AttentionBackward(s, n, dl, ds, logits, scores, dbias, cancelled, dy, kept)
		}
	case *plan.Loss:
		return e.launchLoss(p, o, n)
	}
	return nil
}

// launchLoss computes the loss into this card's place among all cards', divided
// by the size of the whole batch, which is set anew for each.
func (e *engine) launchLoss(p *plan.Program, o *plan.Loss, n int) func() error {
	loss := kernels.Loss{Values: n * e.options.Classes}
	if e.options.Loss == "focal" {
		loss.Gamma = focalGamma
	}
	var heads []kernels.Head
	for i := range o.Logits {
		heads = append(heads, kernels.Head{Logits: e.at(p, o.Logits[i]), Grad: e.at(p, o.Gradients[i]), Weight: o.Weights[i]})
	}
	return func() error {
		loss.Count = e.whole * e.options.Classes
		return e.kernels.LossForward(e.compute, loss, e.lossAt(), e.memory.targets, heads...)
	}
}

// focalGamma is the focal loss's exponent, as in models.Options.
const focalGamma = 2

// scratch is the most that a step of the programs needs.
func (s *spec) scratch() (bytes int64) {
	o := &s.options
	for _, depth := range []kernels.Depth{kernels.U8, kernels.U16} {
		pixels := kernels.Pixels{Ptr: 1, Depth: depth, N: o.Batch, C: o.Channels, H: o.Height, W: o.Width, PerImage: true}
		bytes = max(bytes, pixels.Scratch())
	}
	for _, p := range s.programs {
		norm := func(id plan.ID, images int) {
			v := p.Value(id)
			bytes = max(bytes, kernels.NormStatsScratch(kernelType(v.Type), v.Rows(p.Batch), v.C, images))
		}
		mean := func(id plan.ID) {
			v := p.Value(id)
			bytes = max(bytes, kernels.MeanPoolScratch(kernelType(v.Type), v.Rows(p.Batch), v.C, p.Batch))
		}
		for _, step := range p.Steps {
			switch op := step.Op.(type) {
			case *plan.Stats:
				norm(op.Y, 1)
				if op.Mean != plan.None {
					norm(op.Y, p.Batch)
				}
			case *plan.NormBackward:
				norm(op.Y, 1)
			case *plan.NormMaxPoolBackward:
				norm(op.X, 1)
			case *plan.MeanPool:
				mean(op.X)
			case *plan.SqueezeExcite:
				mean(op.X)
			case *plan.SqueezeExciteBackward:
				v := p.Value(op.X)
				q := kernels.Squeeze{N: p.Batch, C: v.C, Hidden: op.Hidden}
				if op.Norm != plan.NoNorm {
					q.Norm = &kernels.Norm{C: v.C}
				}
				bytes = max(bytes, kernels.SqueezeScratch(kernelType(v.Type), v.Rows(p.Batch), q))
			}
		}
	}
	return bytes
}
