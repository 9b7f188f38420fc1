package cpu

import (
	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// SqueezeExcite is network.Layers.SqueezeExcite.
func (b *builder) SqueezeExcite(x network.Activation, name string, hidden int, residual network.Activation) network.Activation {
	k := kernels.SqueezeExcite{C: x.C, Hidden: hidden, Plane: x.Plane()}
	w1, b1 := b.param(name+".fc1.weight", network.Uniform(x.C), hidden, x.C, 1, 1), b.param(name+".fc1.bias", network.Uniform(x.C), hidden)
	w2, b2 := b.param(name+".fc2.weight", network.Uniform(hidden), x.C, hidden, 1, 1), b.param(name+".fc2.bias", network.Uniform(hidden), x.C)
	gates := k.NewGates(b.batch)
	o := &op{name: "squeeze-excite " + name, wrt: []bool{true, true, true, true, true, true}}
	o.run = func(out []float32, in [][]float32) error {
		k.Forward(b.env.ws, b.env.n, out, in[0], in[1], squeezeWeights(in[2:]), gates)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		d := kernels.SqueezeWeights{
			W1: make([]float32, hidden*x.C), B1: make([]float32, hidden),
			W2: make([]float32, hidden*x.C), B2: make([]float32, x.C),
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
	return b.layer(o, network.Activation{C: x.C, H: x.H, W: x.W}, b.node(x), b.node(residual), w1, b1, w2, b2)
}

func squeezeWeights(in [][]float32) kernels.SqueezeWeights {
	return kernels.SqueezeWeights{W1: in[0], B1: in[1], W2: in[2], B2: in[3]}
}
