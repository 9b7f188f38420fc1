package cpu

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
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
