package cpu

import (
	"errors"

	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// ConvNorm is network.Layers.ConvNorm.
func (b *builder) ConvNorm(x network.Activation, c network.ConvNorm) network.Activation {
	x = b.Conv(x, c.Conv, c.Shape)
	return b.batchNorm(x, c)
}

// batchNorm adds the batch norm of c, its residual and its ReLU.
func (b *builder) batchNorm(x network.Activation, c network.ConvNorm) network.Activation {
	name, frozen := c.Norm, b.params.still(c.Norm+".weight")
	k := kernels.BatchNorm{C: x.C, Plane: x.Plane(), ReLU: c.ReLU, Eps: c.Eps}
	gamma := b.param(name+".weight", network.Ones, x.C)
	beta := b.param(name+".bias", network.Zeros, x.C)
	mean, variance := b.params.statistics(name, x.C)

	in := []*gorgonia.Node{b.node(x), gamma, beta}
	wrt := []bool{true, true, true}
	if c.Residual != nil {
		in, wrt = append(in, b.node(*c.Residual)), append(wrt, true)
	}
	m := kernels.NewMoments(x.C)
	o := &op{name: "batch norm " + name, wrt: wrt}
	o.run = func(out []float32, in [][]float32) error {
		if b.env.n*x.Plane() < 2 && !frozen {
			return errors.New("a channel has one value, and no variance")
		}
		if frozen {
			k.Evaluate(b.env.ws, b.env.n, out, in[0], optional(in, 3), in[1], in[2], mean.data, variance.data)
			return nil
		}
		k := k
		k.Momentum = b.env.momentum
		k.Train(b.env.ws, b.env.n, out, in[0], optional(in, 3), in[1], in[2], mean.data, variance.data, m)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		return b.batchNormGrad(name, k, m, x, in, out, grad)
	}
	y := b.layer(o, network.Activation{C: x.C, H: x.H, W: x.W}, in...)
	if frozen {
		b.checkStill(name, y)
	} else if c.Residual == nil {
		b.maybeRedone(y, &redo{op: &op{name: "batch norm again " + name, run: func(out []float32, in [][]float32) error {
			k.Again(b.env.ws, b.env.n, out, in[0], m)
			return nil
		}}, from: gorgonia.Nodes{b.node(x)}, of: &x, chosen: true})
	}
	return y
}

// checkStill holds that a norm of a frozen stage has no gradient to hand on: it
// has kept nothing for that.
func (b *builder) checkStill(name string, y network.Activation) {
	if b.err == nil && !b.still[b.node(y)] {
		b.fail(name, errors.New("a frozen stage follows one that is trained"))
	}
}

// batchNormGrad adds one operation that computes three gradients: the input's
// is its result, and those of gamma and beta are handed on by two more.
func (b *builder) batchNormGrad(name string, k kernels.BatchNorm, m kernels.Moments,
	x network.Activation, in gorgonia.Nodes, out, grad *gorgonia.Node,
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
	}}, grad, b.again(x, &g, grad), in[1])
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
