package models

import (
	"gorgonia.org/gorgonia"

	"hpaflow/models/kernels"
)

// squeezeExcite is layers.squeezeExcite.
func (b *builder) squeezeExcite(x activation, name string, hidden int, residual activation) activation {
	k := kernels.SqueezeExcite{C: x.c, Hidden: hidden, Plane: x.plane()}
	w1, b1 := b.param(name+".fc1.weight", uniform(x.c), hidden, x.c, 1, 1), b.param(name+".fc1.bias", uniform(x.c), hidden)
	w2, b2 := b.param(name+".fc2.weight", uniform(hidden), x.c, hidden, 1, 1), b.param(name+".fc2.bias", uniform(hidden), x.c)
	gates := k.NewGates(b.batch)
	o := &op{name: "squeeze-excite " + name, wrt: []bool{true, true, true, true, true, true}}
	o.run = func(out []float32, in [][]float32) error {
		k.Forward(b.env.ws, b.env.n, out, in[0], in[1], squeezeWeights(in[2:]), gates)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		d := kernels.SqueezeWeights{
			W1: make([]float32, hidden*x.c), B1: make([]float32, hidden),
			W2: make([]float32, hidden*x.c), B2: make([]float32, x.c),
		}
		grad = g.make(b.cut(name, out), grad, out)
		dx := g.add(&op{name: "squeeze-excite data " + name, size: b.batch * valuesOf(x), run: func(dx []float32, in [][]float32) error {
			k.Backward(b.env.ws, b.env.n, dx, in[0], in[1], squeezeWeights(in[2:]), gates, d)
			return nil
		}}, grad, b.again(x, &g, grad), in[2], in[3], in[4], in[5])
		g.nodes = append(g.nodes, grad)
		g.handOn("squeeze-excite weight "+name+".fc1", d.W1, dx)
		g.handOn("squeeze-excite bias "+name+".fc1", d.B1, dx)
		g.handOn("squeeze-excite weight "+name+".fc2", d.W2, dx)
		g.handOn("squeeze-excite bias "+name+".fc2", d.B2, dx)
		return g.nodes, g.err
	}
	return b.layer(o, activation{c: x.c, h: x.h, w: x.w}, b.node(x), b.node(residual), w1, b1, w2, b2)
}

func squeezeWeights(in [][]float32) kernels.SqueezeWeights {
	return kernels.SqueezeWeights{W1: in[0], B1: in[1], W2: in[2], B2: in[3]}
}
