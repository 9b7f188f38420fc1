package cpu

import (
	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// Linear is network.Layers.Linear.
func (b *builder) Linear(x network.Activation, name string, out int) network.Activation {
	k := kernels.Linear{In: x.C, Out: out}
	w, bias := b.param(name+".weight", network.Uniform(x.C), out, x.C), b.param(name+".bias", network.Uniform(x.C), out)
	o := &op{name: "linear " + name, wrt: []bool{true, true, true}}
	o.run = func(y []float32, in [][]float32) error {
		k.Forward(b.env.ws, b.env.n, y, in[0], in[1], in[2])
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: "linear data " + name, size: b.batch * x.C, run: func(dx []float32, in [][]float32) error {
			k.BackwardData(b.env.ws, b.env.n, dx, in[0], in[1])
			return nil
		}}, grad, in[1])
		g.add(&op{name: "linear weights " + name, size: out * x.C, run: func(dw []float32, in [][]float32) error {
			k.BackwardWeights(b.env.ws, b.env.n, dw, in[0], in[1])
			return nil
		}}, grad, in[0])
		g.add(&op{name: "linear bias " + name, size: out, run: func(db []float32, in [][]float32) error {
			k.BackwardBias(b.env.n, db, in[0])
			return nil
		}}, grad)
		return g.nodes, g.err
	}
	return b.layer(o, network.Activation{C: out}, b.node(x), w, bias)
}

// Attention is network.Layers.Attention.
func (b *builder) Attention(logits, scores network.Activation, logitsName, scoresName string) network.Activation {
	k := kernels.Attention{C: logits.C, Plane: logits.Plane()}
	bias := b.attentionBias(logitsName)
	cancelled := b.attentionBias(scoresName) // adds the same to all scores of a map
	o := &op{name: "attention " + scoresName, wrt: []bool{true, true, true, true}}
	o.run = func(y []float32, in [][]float32) error {
		k.Forward(b.env.ws, b.env.n, y, in[0], in[1], in[2])
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: "attention logits " + scoresName, size: b.batch * valuesOf(logits), run: func(dl []float32, in [][]float32) error {
			k.BackwardLogits(b.env.ws, b.env.n, dl, in[0], in[1])
			return nil
		}}, grad, in[1])
		g.add(&op{name: "attention scores " + scoresName, size: b.batch * valuesOf(scores), run: func(ds []float32, in [][]float32) error {
			k.BackwardScores(b.env.ws, b.env.n, ds, in[0], in[1], in[2])
			return nil
		}}, grad, in[0], in[1])
		g.add(&op{name: "attention bias " + logitsName, size: k.C, run: func(db []float32, in [][]float32) error {
			kernels.Linear{Out: k.C}.BackwardBias(b.env.n, db, in[0])
			return nil
		}}, grad)
		g.add(&op{name: "attention bias " + scoresName, size: k.C, run: func(db []float32, _ [][]float32) error {
			clear(db)
			return nil
		}}, grad)
		return g.nodes, g.err
	}
	return b.layer(o, network.Activation{C: k.C}, b.node(logits), b.node(scores), bias, cancelled)
}

// attentionBias is the bias of an attention head's convolution, drawn as
// PyTorch does for one with so many inputs.
func (b *builder) attentionBias(name string) *gorgonia.Node {
	shape := b.params.byName[name+".weight"].shape
	return b.param(name+".bias", network.Uniform(shape[1]), shape[0])
}

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
