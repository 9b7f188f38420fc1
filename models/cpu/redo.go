package cpu

import (
	"cmp"
	"slices"

	"gorgonia.org/gorgonia"

	"hpaflow/models/network"
)

// redo computes a layer's result again for the backward pass, so that it need
// not be kept through the forward one. Batch norm's is worth it: it is as
// large as its input, which is kept in any case, and costs one pass over that. Of
// convolutions, those are that do the least for their results.
type redo struct {
	op   *op                 // of the layer's inputs; one more, the last, tells when
	from gorgonia.Nodes      // the layer's inputs
	of   *network.Activation // whose result the first one is, if that may be computed again too
	done *gorgonia.Node      // the operation, once somebody has asked for it

	flops  float64 // of a convolution, a sample
	chosen bool
}

// redoShare is how much of the forward pass's multiplications and additions
// convolutions may take again: the step becomes longer by two or three percent.
const redoShare = .06

// redoFrom is how many bytes the results of convolutions take at least where some are
// computed again: below, time counts for more.
var redoFrom = 256 << 20

// redoable notes that a layer's result y is cheap to compute again from its inputs.
func (b *builder) redoable(y network.Activation, name string, run func(out []float32, in [][]float32) error, from ...*gorgonia.Node) {
	b.maybeRedone(y, &redo{op: &op{name: name, run: run}, from: from, chosen: true})
}

func (b *builder) maybeRedone(y network.Activation, r *redo) {
	if b.err == nil {
		r.op.size = b.batch * valuesOf(y)
		b.results[y.Ref].redo = r
	}
}

// chooseRedone chooses the convolutions that are computed again, if memory is worth it:
// those with the fewest operations for a value, within their share of all.
func (b *builder) chooseRedone() {
	var list []*redo
	var all float64
	size := 0
	for _, r := range b.results {
		if r.redo != nil && !r.redo.chosen {
			list = append(list, r.redo)
			all += r.redo.flops
			size += 4 * r.redo.op.size
		}
	}
	if size < redoFrom {
		return
	}
	slices.SortStableFunc(list, func(x, y *redo) int {
		return cmp.Compare(x.flops/float64(x.op.size), y.flops/float64(y.op.size))
	})
	left := redoShare * all
	for _, r := range list {
		if r.chosen = r.flops <= left; r.chosen {
			left -= r.flops
		}
	}
}

// again is a layer's result for the backward pass of a layer that reads it,
// where the gradient of that layer's result is known.
func (b *builder) again(x network.Activation, g *grads, grad *gorgonia.Node) *gorgonia.Node {
	r := b.results[x.Ref]
	if r.redo == nil || !r.redo.chosen {
		return r.node
	}
	if r.redo.done == nil {
		from := slices.Clone(r.redo.from)
		if r.redo.of != nil {
			from[0] = b.again(*r.redo.of, g, grad)
		}
		r.redo.done = g.make(r.redo.op, append(from, grad)...)
	}
	return r.redo.done
}
