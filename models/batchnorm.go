package models

import (
	"errors"

	"gorgonia.org/gorgonia"

	"hpaflow/models/kernels"
)

// batchNorm adds batch norm, then a residual if there is one, then ReLU if
// asked for.
func (b *builder) batchNorm(x activation, name string, residual *activation, relu bool) activation {
	k := kernels.BatchNorm{C: x.c, Plane: x.plane(), ReLU: relu}
	gamma := b.param(name+".weight", ones, x.c)
	beta := b.param(name+".bias", zeros, x.c)
	mean := b.params.get(name+".running_mean", zeros, []int{x.c})
	variance := b.params.get(name+".running_var", ones, []int{x.c})
	mean.statistic, variance.statistic = true, true

	in := []*gorgonia.Node{x.node, gamma, beta}
	wrt := []bool{true, true, true}
	if residual != nil {
		in, wrt = append(in, residual.node), append(wrt, true)
	}
	o := &op{name: "batch norm " + name, shape: b.image(x.c, x.h, x.w), wrt: wrt, inPlace: 0}
	if !b.training {
		o.run = func(out []float32, in [][]float32) error {
			k.Evaluate(b.env.ws, b.env.n, out, in[0], optional(in, 3), in[1], in[2], mean.data, variance.data)
			return nil
		}
		return b.layer(o, x.c, x.h, x.w, in...)
	}
	o.inPlace = -1 // the backward pass reads x
	m := kernels.NewMoments(x.c)
	o.run = func(out []float32, in [][]float32) error {
		if b.env.n*x.plane() < 2 {
			return errors.New("a channel has one value, and no variance")
		}
		k.Train(b.env.ws, b.env.n, out, in[0], optional(in, 3), in[1], in[2], mean.data, variance.data, m)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		return b.batchNormGrad(name, k, m, x.values(1), in, out, grad)
	}
	return b.layer(o, x.c, x.h, x.w, in...)
}

// batchNormGrad adds one operation that computes three gradients: the input's
// is its result, and those of gamma and beta are handed on by two more.
func (b *builder) batchNormGrad(name string, k kernels.BatchNorm, m kernels.Moments, image int,
	in gorgonia.Nodes, out, grad *gorgonia.Node,
) (gorgonia.Nodes, error) {
	g := grads{b: b}
	residual := len(in) > 3
	if residual && k.ReLU {
		grad = g.add(&op{name: "relu " + name, shape: out.Shape(), inPlace: 0, run: func(dx []float32, in [][]float32) error {
			size := b.env.n * image
			kernels.ReLUBackward(b.env.ws, dx[:size], in[0][:size], in[1][:size])
			return nil
		}}, grad, out)
		k.ReLU = false
		g.nodes = g.nodes[:0]
	}
	dgamma, dbeta := make([]float32, k.C), make([]float32, k.C)
	dx := &op{name: "batch norm data " + name, shape: out.Shape(), inPlace: 0, run: func(dx []float32, in [][]float32) error {
		k.Backward(b.env.ws, b.env.n, dx, in[0], in[1], in[2], m, dgamma, dbeta)
		return nil
	}}
	dxNode := g.add(dx, grad, in[0], in[1])
	for _, side := range []struct {
		what string
		from []float32
	}{{"weight ", dgamma}, {"bias ", dbeta}} {
		g.add(&op{name: "batch norm " + side.what + name, shape: in[1].Shape(), inPlace: -1, run: func(out []float32, _ [][]float32) error {
			copy(out, side.from)
			return nil
		}}, dxNode)
	}
	if residual {
		g.nodes = append(g.nodes, grad)
	}
	return g.nodes, g.err
}

// optional is in[i], or nil when there are not so many.
func optional(in [][]float32, i int) []float32 {
	if i < len(in) {
		return in[i]
	}
	return nil
}
