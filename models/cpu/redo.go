package cpu

import (
	"slices"

	"gorgonia.org/gorgonia"

	"hpaflow/models/network"
)

// redo computes a layer's result again for the backward pass, so that it need
// not be kept through the forward one. Batch norm's is worth it: it is as
// large as its input, which is kept in any case, and costs one pass over that.
type redo struct {
	make func() *op     // from the first of its inputs; the last tells when
	from gorgonia.Nodes // the layer's inputs
	done *gorgonia.Node // the operation, once somebody has asked for it
}

// again is a layer's result for the backward pass of a layer that reads it,
// where the gradient of that layer's result is known.
func (b *builder) again(x network.Activation, g *grads, grad *gorgonia.Node) *gorgonia.Node {
	r := b.results[x.Ref]
	if r.redo == nil {
		return r.node
	}
	if r.redo.done == nil {
		r.redo.done = g.make(r.redo.make(), append(slices.Clone(r.redo.from), grad)...)
	}
	return r.redo.done
}
