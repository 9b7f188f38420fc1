package cpu

import (
	"cmp"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// backward adds the backward graph of a cost and gives the gradients of the
// trainable parameters, in their order. It asks each operation for its
// derivative as gorgonia.Backpropagate does, through SymDiff; that function
// itself will not do, because it sums the gradients of a result that several
// layers read with additions of Gorgonia's own, which take new memory at every
// step and keep it.
func (b *builder) backward(cost *gorgonia.Node) (gorgonia.Nodes, error) {
	b.chooseRedone()
	terms := map[*gorgonia.Node]gorgonia.Nodes{}
	for i := len(b.tape) - 1; i >= 0; i-- {
		ref := b.tape[i]
		node := b.results[ref].node
		if b.still[node] {
			continue
		}
		o := node.Op().(*op)
		if b.results[ref].joint != nil {
			n, err := b.taken(ref, o.name)
			if err != nil {
				return nil, err
			}
			terms[node] = append(terms[node], n)
		}
		grad, err := b.sum(o.name, terms[node])
		if err != nil {
			return nil, err
		}
		delete(terms, node)
		if grad == nil && node != cost {
			return nil, fmt.Errorf("%s: nothing depends on its result", o.name)
		}
		list, err := o.SymDiff(o.inputs, node, grad)
		if err != nil {
			return nil, err
		}
		for k, n := range list {
			if o.wrt[k] && n != nil && !b.still[o.inputs[k]] {
				terms[o.inputs[k]] = append(terms[o.inputs[k]], n)
			}
		}
	}
	var list gorgonia.Nodes
	for _, p := range b.params.trainable() {
		grad, err := b.sum(p.name, terms[b.made[p.name]])
		if err != nil {
			return nil, err
		}
		if grad == nil {
			return nil, fmt.Errorf("%s has no gradient", p.name)
		}
		grad.Op().(*op).final = true
		list = append(list, grad)
	}
	return list, nil
}

// sum adds the terms of a gradient, in place where it can.
func (b *builder) sum(name string, terms gorgonia.Nodes) (total *gorgonia.Node, err error) {
	for _, n := range terms {
		if total == nil {
			total = n
			continue
		}
		o := &op{name: "sum " + name, size: sizeOf(n), inPlace: []int{0, 1}}
		o.run = func(out []float32, in [][]float32) error {
			switch &out[0] {
			case &in[1][0]:
				kernels.Add(b.env.ws, out, in[0])
			default:
				copy(out, in[0])
				fallthrough
			case &in[0][0]:
				kernels.Add(b.env.ws, out, in[1])
			}
			return nil
		}
		if total, err = b.apply(o, total, n); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// sizeOf is how many values the result of an operation of ours has.
func sizeOf(n *gorgonia.Node) int { return n.Op().(*op).size }

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
