package models

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models/kernels"
)

// maxPool adds a max pool.
func (b *builder) maxPool(x activation, name string, k kernels.MaxPool) activation {
	k.C, k.H, k.W = x.c, x.h, x.w
	if err := k.Validate(); err != nil {
		if b.err == nil {
			b.err = err
		}
		return x
	}
	c, h, w := x.c, k.OutH(), k.OutW()
	from := make([]int32, b.image(c, h, w).TotalSize())
	o := &op{name: "max pool " + name, shape: b.image(c, h, w), inPlace: -1, wrt: []bool{true}}
	o.run = func(out []float32, in [][]float32) error {
		k.Forward(b.env.ws, b.env.n, out, in[0], from)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: "max pool data " + name, shape: in[0].Shape(), inPlace: -1, run: func(out []float32, in [][]float32) error {
			k.Backward(b.env.ws, b.env.n, out, in[0], from)
			return nil
		}}, grad)
		return g.nodes, g.err
	}
	return b.layer(o, c, h, w, x.node)
}

// averagePool adds the mean of each plane.
func (b *builder) averagePool(x activation) activation {
	o := &op{name: "average pool", shape: tensor.Shape{b.batch, x.c}, inPlace: -1, wrt: []bool{true}}
	o.run = func(out []float32, in [][]float32) error {
		kernels.AveragePool(b.env.n, x.c, x.plane(), out, in[0])
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: "average pool data", shape: in[0].Shape(), inPlace: -1, run: func(out []float32, in [][]float32) error {
			kernels.AveragePoolBackward(b.env.n, x.c, x.plane(), out, in[0])
			return nil
		}}, grad)
		return g.nodes, g.err
	}
	return b.layer(o, x.c, 0, 0, x.node)
}

// linear adds a linear layer with bias.
func (b *builder) linear(x activation, name string, out int) activation {
	k := kernels.Linear{In: x.c, Out: out}
	bound := uniform(x.c)
	w, bias := b.param(name+".weight", bound, out, x.c), b.param(name+".bias", bound, out)
	o := &op{name: "linear " + name, shape: tensor.Shape{b.batch, out}, inPlace: -1, wrt: []bool{true, true, true}}
	o.run = func(y []float32, in [][]float32) error {
		k.Forward(b.env.n, y, in[0], in[1], in[2])
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: "linear data " + name, shape: in[0].Shape(), inPlace: -1, run: func(dx []float32, in [][]float32) error {
			k.BackwardData(b.env.n, dx, in[0], in[1])
			return nil
		}}, grad, in[1])
		g.add(&op{name: "linear weights " + name, shape: in[1].Shape(), inPlace: -1, run: func(dw []float32, in [][]float32) error {
			k.BackwardWeights(b.env.n, dw, in[0], in[1])
			return nil
		}}, grad, in[0])
		g.add(&op{name: "linear bias " + name, shape: in[2].Shape(), inPlace: -1, run: func(db []float32, in [][]float32) error {
			k.BackwardBias(b.env.n, db, in[0])
			return nil
		}}, grad)
		return g.nodes, g.err
	}
	return b.layer(o, out, 0, 0, x.node, w, bias)
}

// loss adds the mean loss of logits against targets, and leaves its value,
// with all its digits, in value.
func (b *builder) loss(x activation, targets *gorgonia.Node, k kernels.Loss, value *float64) activation {
	o := &op{name: "loss", shape: tensor.ScalarShape(), inPlace: -1, wrt: []bool{true, false}}
	o.run = func(out []float32, in [][]float32) error {
		size := b.env.n * x.c
		*value = k.Value(in[0][:size], in[1][:size])
		out[0] = float32(*value)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: "loss data", shape: in[0].Shape(), inPlace: -1, run: func(dx []float32, in [][]float32) error {
			size := b.env.n * x.c
			k.Gradient(dx[:size], in[0][:size], in[1][:size], float64(in[2][0]))
			return nil
		}}, in[0], in[1], grad)
		g.skip()
		return g.nodes, g.err
	}
	return b.layer(o, 1, 0, 0, x.node, targets)
}
