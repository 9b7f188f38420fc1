package cpu

import (
	"errors"

	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// errBlocks is of layers over positions of a number of channels that fills no blocks.
var errBlocks = errors.New("the channels fill no blocks of eight")

// LayerNorm is network.Layers.LayerNorm. The result is computed again on the way
// back, of the mean and deviation of each position.
func (b *builder) LayerNorm(x network.Activation, name string, eps float64) network.Activation {
	if x.C%kernels.Lanes != 0 {
		b.fail(name, errBlocks)
		return x
	}
	k := kernels.LayerNorm{C: x.C, Tokens: max(1, x.Plane()), Eps: eps}
	gamma, beta := b.param(name+".weight", network.Ones, x.C), b.param(name+".bias", network.Zeros, x.C)
	p := kernels.NewPositions(b.batch * k.Tokens)
	o := &op{name: "layer norm " + name, wrt: []bool{true, true, true}}
	o.run = func(out []float32, in [][]float32) error {
		k.Train(b.env.ws, b.env.n, out, in[0], in[1], in[2], p)
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		dgamma, dbeta := make([]float32, k.C), make([]float32, k.C)
		dx := g.add(&op{name: "layer norm data " + name, size: b.batch * valuesOf(x), inPlace: []int{0}, run: func(dx []float32, in [][]float32) error {
			k.Backward(b.env.ws, b.env.n, dx, in[0], in[1], in[2], p, dgamma, dbeta)
			return nil
		}}, grad, in[0], in[1])
		g.handOn("layer norm weight "+name, dgamma, dx)
		g.handOn("layer norm bias "+name, dbeta, dx)
		return g.nodes, g.err
	}
	in := gorgonia.Nodes{b.node(x), gamma, beta}
	y := b.layer(o, network.Activation{C: x.C, H: x.H, W: x.W}, in...)
	b.redoable(y, "layer norm again "+name, func(out []float32, in [][]float32) error {
		k.Again(b.env.ws, b.env.n, out, in[0], in[1], in[2], p)
		return nil
	}, in...)
	return y
}

// Dense is network.Layers.Dense: a convolution of one position. Factors of
// channels are multiplied into its weights.
func (b *builder) Dense(x network.Activation, d network.Dense) network.Activation {
	name := d.Names[0]
	k, err := denseFor(x, d, b.batch)
	if err == nil && d.Activate == network.ReLU {
		err = errors.New("no gradient of ReLU behind such a layer")
	}
	if err != nil {
		b.fail(name, err)
		return x
	}
	l := &dense{b: b, k: k, name: name, x: x, y: network.Activation{C: d.Out, H: x.H, W: x.W}, scaled: d.Scale != "", residual: d.Residual != nil}
	in := gorgonia.Nodes{b.node(x), b.param(name+".weight", b.init, d.Out, x.C), b.param(name+".bias", network.Zeros, d.Out)}
	if l.scaled {
		in = append(in, b.param(d.Scale, network.LayerScale, d.Out))
		l.weights, l.bias, l.dgamma, l.dbias = make([]float32, k.WeightSize()), make([]float32, d.Out), make([]float32, d.Out), make([]float32, d.Out)
	}
	if l.residual {
		in = append(in, b.node(*d.Residual))
	}
	o := &op{name: "dense " + name, flops: k.Flops(), run: l.run, grad: l.grad}
	for range in {
		o.wrt = append(o.wrt, true)
	}
	y := b.layer(o, l.y, in...)
	if d.Activate == network.GELU {
		y = b.gelu(y, name)
	}
	return y
}

// dense is a linear layer of each position.
type dense struct {
	b    *builder
	k    *kernels.Conv
	name string
	x, y network.Activation

	scaled, residual bool
	weights, bias    []float32 // times the factors of channels
	dgamma, dbias    []float32
}

// run computes the result of the input, weights, bias, and the factors and the
// residual where there are any.
func (l *dense) run(out []float32, in [][]float32) error {
	w, e := in[1], kernels.Epilogue{Bias: in[2]}
	if l.residual {
		e.Residual = in[len(in)-1]
	}
	if l.scaled {
		kernels.ScaleRows(l.b.env.ws, l.weights, in[1], in[3])
		kernels.ScaleRows(l.b.env.ws, l.bias, in[2], in[3])
		w, e.Bias = l.weights, l.bias
	}
	l.k.ForwardWith(l.b.env.ws, l.b.env.n, out, in[0], w, e)
	return nil
}

func (l *dense) grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	b, g := l.b, grads{b: l.b}
	from := gorgonia.Nodes{grad, in[1]}
	if l.scaled {
		from = append(from, in[3])
	}
	g.add(&op{name: "dense data " + l.name, flops: l.k.Flops(), size: b.batch * valuesOf(l.x), run: func(dx []float32, in [][]float32) error {
		w := in[1]
		if l.scaled {
			kernels.ScaleRows(b.env.ws, l.weights, in[1], in[2])
			w = l.weights
		}
		l.k.BackwardData(b.env.ws, b.env.n, dx, in[0], w)
		return nil
	}}, from...)
	x := b.again(l.x, &g, grad)
	if !l.scaled {
		g.add(&op{name: "dense weights " + l.name, flops: l.k.Flops(), size: l.k.WeightSize(), run: func(dw []float32, in [][]float32) error {
			l.k.BackwardWeights(b.env.ws, b.env.n, dw, in[0], in[1])
			return nil
		}}, grad, x)
		g.add(b.biasGradient(l.name, l.y), grad)
	} else {
		dw := g.add(&op{name: "dense weights " + l.name, flops: l.k.Flops(), size: l.k.WeightSize(), run: l.gradients}, grad, x, in[1], in[2], in[3])
		g.handOn("bias "+l.name, l.dbias, dw)
		g.handOn("scale "+l.name, l.dgamma, dw)
	}
	if l.residual {
		g.nodes = append(g.nodes, grad)
	}
	return g.nodes, g.err
}

// gradients computes those of the weights, the bias and the factors. With G and B
// those of weights and bias that had no factors, the factors' are
// sum(G*weights) + B*bias, by channel: what the result without them is need not
// be known.
func (l *dense) gradients(dw []float32, in [][]float32) error {
	ws, n := l.b.env.ws, l.b.env.n
	l.k.BackwardWeights(ws, n, dw, in[0], in[1])
	kernels.ChannelSums(ws, n, l.y.C, l.y.Plane(), l.dbias, in[0])
	kernels.RowDots(ws, l.dgamma, dw, in[2])
	for c, v := range l.dbias {
		l.dgamma[c] += v * in[3][c]
	}
	kernels.ScaleRows(ws, dw, dw, in[4])
	kernels.ScaleRows(ws, l.dbias, l.dbias, in[4])
	return nil
}

// gelu adds GELU of x, which is computed again on the way back.
func (b *builder) gelu(x network.Activation, name string) network.Activation {
	forward := func(out []float32, in [][]float32) error {
		size := b.env.n * valuesOf(x)
		kernels.GELUTo(b.env.ws, out[:size], in[0][:size])
		return nil
	}
	o := &op{name: "gelu " + name, wrt: []bool{true}, run: forward}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: "gelu data " + name, size: b.batch * valuesOf(x), inPlace: []int{0}, run: func(dx []float32, in [][]float32) error {
			size := b.env.n * valuesOf(x)
			kernels.GELUBackward(b.env.ws, dx[:size], in[0][:size], in[1][:size])
			return nil
		}}, grad, in[0])
		return g.nodes, g.err
	}
	y := b.layer(o, network.Activation{C: x.C, H: x.H, W: x.W}, b.node(x))
	b.redoable(y, "gelu again "+name, forward, b.node(x))
	return y
}
