package models

import (
	"errors"

	"gorgonia.org/gorgonia"

	"hpaflow/models/kernels"
)

// convNorm is layers.convNorm.
func (b *builder) convNorm(x activation, c convNorm) activation {
	x = b.conv(x, c.conv, c.shape)
	return b.batchNorm(x, c)
}

// batchNorm adds the batch norm of c, its residual and its ReLU.
func (b *builder) batchNorm(x activation, c convNorm) activation {
	name := c.norm
	k := kernels.BatchNorm{C: x.c, Plane: x.plane(), ReLU: c.relu, Eps: c.eps}
	gamma := b.param(name+".weight", ones, x.c)
	beta := b.param(name+".bias", zeros, x.c)
	mean, variance := b.params.statistics(name, x.c)

	in := []*gorgonia.Node{b.node(x), gamma, beta}
	wrt := []bool{true, true, true}
	if c.residual != nil {
		in, wrt = append(in, b.node(*c.residual)), append(wrt, true)
	}
	m := kernels.NewMoments(x.c)
	o := &op{name: "batch norm " + name, wrt: wrt}
	o.run = func(out []float32, in [][]float32) error {
		if b.env.n*x.plane() < 2 {
			return errors.New("a channel has one value, and no variance")
		}
		k := k
		k.Momentum = b.env.momentum
		k.Train(b.env.ws, b.env.n, out, in[0], optional(in, 3), in[1], in[2], mean.data, variance.data, m)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		return b.batchNormGrad(name, k, m, in, out, grad)
	}
	y := b.layer(o, activation{c: x.c, h: x.h, w: x.w}, in...)
	if c.residual == nil {
		b.results[y.ref].redo = &redo{from: b.node(x), make: func() *op {
			return &op{name: "batch norm again " + name, size: b.batch * valuesOf(y), run: func(out []float32, in [][]float32) error {
				k.Again(b.env.ws, b.env.n, out, in[0], m)
				return nil
			}}
		}}
	}
	return y
}

// batchNormGrad adds one operation that computes three gradients: the input's
// is its result, and those of gamma and beta are handed on by two more.
func (b *builder) batchNormGrad(name string, k kernels.BatchNorm, m kernels.Moments,
	in gorgonia.Nodes, out, grad *gorgonia.Node,
) (gorgonia.Nodes, error) {
	g := grads{b: b}
	residual := len(in) > 3
	if residual && k.ReLU {
		grad = g.make(b.cut(name, out), grad, out)
		k.ReLU = false
	}
	dgamma, dbeta := make([]float32, k.C), make([]float32, k.C)
	dx := g.add(&op{name: "batch norm data " + name, size: sizeOf(out), inPlace: []int{0}, run: func(dx []float32, in [][]float32) error {
		k.Backward(b.env.ws, b.env.n, dx, in[0], in[1], in[2], m, dgamma, dbeta)
		return nil
	}}, grad, in[0], in[1])
	g.handOn("batch norm weight "+name, dgamma, dx)
	g.handOn("batch norm bias "+name, dbeta, dx)
	if residual {
		g.nodes = append(g.nodes, grad)
	}
	return g.nodes, g.err
}

// cut is the operation that cuts a gradient, its first input, where ReLU cut
// the result, its second.
func (b *builder) cut(name string, result *gorgonia.Node) *op {
	o := &op{name: "relu " + name, size: sizeOf(result), inPlace: []int{0}}
	o.run = func(dx []float32, in [][]float32) error {
		size := o.size / b.batch * b.env.n
		kernels.ReLUBackward(b.env.ws, dx[:size], in[0][:size], in[1][:size])
		return nil
	}
	return o
}

// optional is in[i], or nil when there are not so many.
func optional(in [][]float32, i int) []float32 {
	if i < len(in) {
		return in[i]
	}
	return nil
}
