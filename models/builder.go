package models

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models/kernels"
)

// builder turns a network's layers into a graph, for training or for
// evaluation. Both builds of a network name the same parameters and share
// their memory.
type builder struct {
	graph    *gorgonia.ExprGraph
	env      *environment
	params   *params
	batch    int
	training bool

	made map[string]*gorgonia.Node // parameters of this graph
	ops  int
	err  error // the first that happened; later calls do nothing of use
}

// activation is the result of a layer: (batch,c,h,w), in blocks of channels,
// or (batch,c), as it stands, with h = 0.
type activation struct {
	node    *gorgonia.Node
	c, h, w int
}

func (a activation) plane() int { return a.h * a.w }

// image is a shape (batch,c,h,w) as Gorgonia has it: in blocks of channels.
func (b *builder) image(c, h, w int) tensor.Shape {
	return tensor.Shape{b.batch, kernels.Blocks(c), h, w, kernels.Lanes}
}

// values is how many values n samples of the activation take.
func (a activation) values(n int) int { return n * kernels.Blocks(a.c) * kernels.Lanes * a.plane() }

// param is a parameter's node in this graph.
func (b *builder) param(name string, init initialiser, shape ...int) *gorgonia.Node {
	p := b.params.get(name, init, shape)
	node := gorgonia.NewTensor(b.graph, tensor.Float32, len(shape), gorgonia.WithShape(shape...),
		gorgonia.WithName(name), gorgonia.WithValue(p.tensor))
	b.made[name] = node
	return node
}

// apply adds an operation to the graph.
func (b *builder) apply(o *op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	b.ops++
	o.id, o.env = b.ops, b.env
	o.in = nil
	for _, n := range in {
		o.in = append(o.in, n.Dims())
	}
	node, err := gorgonia.ApplyOp(o, in...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	return node, nil
}

// layer is apply for a layer's result.
func (b *builder) layer(o *op, c, h, w int, in ...*gorgonia.Node) activation {
	if b.err != nil {
		return activation{c: c, h: h, w: w}
	}
	if !b.training {
		o.grad, o.wrt = nil, nil
	}
	node, err := b.apply(o, in...)
	if err != nil {
		b.err = err
	}
	return activation{node: node, c: c, h: h, w: w}
}

// grads collects the nodes of a grad function.
type grads struct {
	b     *builder
	nodes gorgonia.Nodes
	err   error
}

func (g *grads) add(o *op, in ...*gorgonia.Node) *gorgonia.Node {
	if g.err != nil {
		return nil
	}
	var n *gorgonia.Node
	n, g.err = g.b.apply(o, in...)
	g.nodes = append(g.nodes, n)
	return n
}

func (g *grads) skip() { g.nodes = append(g.nodes, nil) }

// conv adds a convolution without bias; leaf says that x is the image, which
// is in no blocks and needs no gradient.
func (b *builder) conv(x activation, name string, s kernels.ConvShape, leaf bool) activation {
	s.In, s.H, s.W, s.Plain = x.c, x.h, x.w, leaf
	k, err := kernels.NewConv(s)
	if err != nil {
		if b.err == nil {
			b.err = fmt.Errorf("%s: %w", name, err)
		}
		return x
	}
	s = k.ConvShape
	weights := b.param(name+".weight", kaimingFanOut, s.Out, s.In/s.Groups, s.KH, s.KW)
	o := &op{name: "conv " + name, shape: b.image(s.Out, s.OutH(), s.OutW()), inPlace: -1, wrt: []bool{!leaf, true}}
	o.run = func(out []float32, in [][]float32) error {
		k.Forward(b.env.ws, b.env.n, out, in[0], in[1])
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		if leaf {
			g.skip()
		} else {
			g.add(&op{name: "conv data " + name, shape: in[0].Shape(), inPlace: -1, run: func(out []float32, in [][]float32) error {
				k.BackwardData(b.env.ws, b.env.n, out, in[0], in[1])
				return nil
			}}, grad, in[1])
		}
		g.add(&op{name: "conv weights " + name, shape: in[1].Shape(), inPlace: -1, run: func(out []float32, in [][]float32) error {
			k.BackwardWeights(b.env.ws, b.env.n, out, in[0], in[1])
			return nil
		}}, grad, in[0])
		return g.nodes, g.err
	}
	return b.layer(o, s.Out, s.OutH(), s.OutW(), x.node, weights)
}
