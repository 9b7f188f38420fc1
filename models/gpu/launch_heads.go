//go:build gpu && linux

package gpu

import (
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

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
