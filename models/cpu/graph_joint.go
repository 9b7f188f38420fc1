package cpu

import (
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// A concatenation is made only for a layer that must have it. Batch norm reads the
// parts where they lie: in a dense block, where each layer reads all before it,
// the concatenations of all layers would take more than everything else.

// joint is the gradient of several parts beside each other, to which each of the
// norms that read them adds its own.
type joint struct {
	node *gorgonia.Node
	c    int         // channels
	at   map[int]int // the first channel of each part, by activation.ref
}

// partsOf are what a concatenation lays beside each other, or x alone.
func (b *builder) partsOf(x network.Activation) []network.Activation {
	if r := b.results[x.Ref]; r.node == nil && r.parts != nil {
		return r.parts
	}
	return []network.Activation{x}
}

// Norm is network.Layers.Norm.
func (b *builder) Norm(x network.Activation, n network.Norm) network.Activation {
	if b.err != nil {
		return x
	}
	parts := b.partsOf(x)
	k, err := normFor(x, parts, n)
	if err != nil {
		b.fail(n.Name, err)
		return x
	}
	gamma := b.param(n.Name+".weight", network.Ones, x.C)
	beta := b.param(n.Name+".bias", network.Zeros, x.C)
	mean, variance := b.params.statistics(n.Name, x.C)

	frozen := b.params.still(n.Name + ".weight")
	o := &op{name: "batch norm " + n.Name}
	var in gorgonia.Nodes
	var sums []kernels.Sums
	first := map[int]bool{} // parts that no norm has read before
	for i, p := range parts {
		in, o.wrt = append(in, b.node(p)), append(o.wrt, true)
		r := &b.results[p.Ref]
		if frozen {
			continue
		}
		if r.sums == nil {
			s := kernels.NewSums(p.C)
			r.sums, first[i] = &s, true
		}
		sums = append(sums, *r.sums)
	}
	in, o.wrt = append(in, gamma, beta), append(o.wrt, true, true)
	m := kernels.NewMoments(x.C)
	o.run = func(out []float32, in [][]float32) error {
		if frozen {
			k.Keep(in[len(parts)], in[len(parts)+1], mean.data, variance.data, m)
			k.Apply(b.env.ws, b.env.n, out, in[:len(parts)], m)
			return nil
		}
		if b.env.n*x.Plane() < 2 {
			return errors.New("a channel has one value, and no variance")
		}
		for i := range parts {
			if first[i] {
				k.Look(b.env.ws, b.env.n, i, in[i], sums[i])
			}
		}
		k := k
		k.Momentum = b.env.momentum
		k.Settle(b.env.n, sums, in[len(parts)], in[len(parts)+1], mean.data, variance.data, m)
		k.Apply(b.env.ws, b.env.n, out, in[:len(parts)], m)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		return b.jointGrad(n.Name, k, m, parts, in, grad)
	}
	y := b.layer(o, network.Activation{C: x.C, H: x.H, W: x.W}, in...)
	if frozen {
		b.checkStill(n.Name, y)
	} else {
		b.redoable(y, "batch norm again "+n.Name, func(out []float32, in [][]float32) error {
			k.Apply(b.env.ws, b.env.n, out, in[:len(parts)], m)
			return nil
		}, in[:len(parts)]...)
	}
	return y
}

// jointGrad adds the operation that computes the gradient of all parts, and those
// that hand on gamma's and beta's. The parts take theirs when all norms have added
// to it (taken).
func (b *builder) jointGrad(name string, k kernels.JointNorm, m kernels.Moments, parts []network.Activation,
	in gorgonia.Nodes, grad *gorgonia.Node,
) (gorgonia.Nodes, error) {
	j, add := b.jointOf(parts), true
	if j == nil {
		j, add = &joint{at: map[int]int{}}, false
		for _, p := range parts {
			if b.results[p.Ref].joint != nil {
				return nil, fmt.Errorf("%s: batch norms read the same parts in other orders", name)
			}
			j.at[p.Ref] = j.c
			j.c += p.C
			b.results[p.Ref].joint = j
		}
	}
	g := grads{b: b}
	dgamma, dbeta := make([]float32, k.Channels()), make([]float32, k.Channels())
	plane := kernels.Lanes * k.Plane
	o := &op{name: "batch norm data " + name, size: b.batch * kernels.Blocks(j.c) * plane}
	from := append(gorgonia.Nodes{grad, in[len(parts)]}, in[:len(parts)]...)
	if add {
		o.inPlace, from = []int{len(from)}, append(from, j.node)
	}
	wide := j.c
	o.run = func(dx []float32, in [][]float32) error {
		if add && &dx[0] != &in[len(in)-1][0] {
			copy(dx, in[len(in)-1])
		}
		k.Backward(b.env.ws, b.env.n, wide, add, dx, in[0], in[2:2+len(parts)], in[1], m, dgamma, dbeta)
		return nil
	}
	j.node = g.make(o, from...)
	for range parts {
		g.skip()
	}
	g.handOn("batch norm weight "+name, dgamma, j.node)
	g.handOn("batch norm bias "+name, dbeta, j.node)
	return g.nodes, g.err
}

// jointOf is the gradient that these parts begin, or nil.
func (b *builder) jointOf(parts []network.Activation) *joint {
	j := b.results[parts[0].Ref].joint
	at := 0
	for _, p := range parts {
		if b.results[p.Ref].joint != j || j == nil || j.at[p.Ref] != at {
			return nil
		}
		at += p.C
	}
	return j
}

// taken is a part's share of the gradient of several, out of it.
func (b *builder) taken(ref int, name string) (*gorgonia.Node, error) {
	r := &b.results[ref]
	j, size := r.joint, sizeOf(r.node)/b.batch
	at := j.at[ref] / kernels.Lanes * (size / kernels.Blocks(r.c))
	whole := sizeOf(j.node) / b.batch
	return b.apply(&op{name: "take " + name, size: b.batch * size, run: func(out []float32, in [][]float32) error {
		kernels.Take(b.env.ws, b.env.n, size, whole, at, out, in[0])
		return nil
	}}, j.node)
}
