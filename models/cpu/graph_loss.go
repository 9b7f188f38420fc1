package cpu

import (
	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// lossOf is the loss of a name.
func lossOf(name string) kernels.Loss {
	if name == "focal" {
		return kernels.Loss{Gamma: 2}
	}
	return kernels.Loss{}
}

// loss adds the weighted sum of the mean losses of logits against the same
// targets, and leaves its value, with all its digits, in value.
func (b *builder) loss(xs []network.Activation, weights []float64, targets *gorgonia.Node, k kernels.Loss, value *float64) network.Activation {
	o := &op{name: "loss"}
	var in gorgonia.Nodes
	for _, x := range xs {
		in, o.wrt = append(in, b.node(x)), append(o.wrt, true)
	}
	in, o.wrt = append(in, targets), append(o.wrt, false)
	o.run = func(out []float32, in [][]float32) error {
		*value = 0
		for i, w := range weights {
			size := b.env.n * xs[i].C
			*value += w * k.Value(in[i][:size], in[len(xs)][:size])
		}
		out[0] = float32(*value)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, _ *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		for i, w := range weights {
			g.add(&op{name: "loss data", size: b.batch * xs[i].C, run: func(dx []float32, in [][]float32) error {
				size := b.env.n * xs[i].C
				k.Gradient(dx[:size], in[0][:size], in[1][:size], w)
				return nil
			}}, in[i], targets)
		}
		g.skip()
		return g.nodes, g.err
	}
	o.scalar = true
	return b.layer(o, network.Activation{C: 1}, in...)
}
