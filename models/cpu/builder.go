package cpu

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// builder turns a network's layers into the graph of a training step.
type builder struct {
	graph  *gorgonia.ExprGraph
	env    *environment
	params *params
	batch  int
	init   network.Initialiser // of convolutions

	results []result                  // of layers, by activation.ref
	made    map[string]*gorgonia.Node // parameters of this graph
	tape    []int                     // layers in order, by activation.ref, for the backward graph
	still   map[*gorgonia.Node]bool   // have no gradient: the images, frozen parameters, and what follows from these alone
	ops     int
	err     error // the first that happened
}

// result is what the graph knows of a layer's result.
type result struct {
	node *gorgonia.Node // nil while it is a concatenation that nobody has asked for
	c    int            // channels
	redo *redo          // if it is cheap to compute again

	name  string               // of a concatenation
	parts []network.Activation // likewise
	sums  *kernels.Sums        // of the batch, once a norm reads it
	joint *joint               // where norms lay its gradient
}

// node is where the graph computes a result.
func (b *builder) node(x network.Activation) *gorgonia.Node {
	if r := b.results[x.Ref]; r.node == nil && r.parts != nil {
		b.concat(x)
	}
	return b.results[x.Ref].node
}

var _ network.Layers = (*builder)(nil)

func (b *builder) Training() bool { return true }

// param is a parameter's node.
func (b *builder) param(name string, init network.Initialiser, shape ...int) *gorgonia.Node {
	p := b.params.get(name, init, shape)
	node := gorgonia.NewTensor(b.graph, tensor.Float32, len(shape), gorgonia.WithShape(shape...),
		gorgonia.WithName(name), gorgonia.WithValue(p.tensor))
	b.made[name] = node
	b.still[node] = b.params.still(name)
	return node
}

// fail keeps the first error.
func (b *builder) fail(name string, err error) {
	if b.err == nil && err != nil {
		b.err = fmt.Errorf("%s: %w", name, err)
	}
}

// apply adds an operation to the graph.
func (b *builder) apply(o *op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	b.ops++
	o.id, o.env = b.ops, b.env
	o.in = nil
	for _, n := range in {
		o.in = append(o.in, n.Dims())
	}
	o.inputs = in
	node, err := gorgonia.ApplyOp(o, in...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	return node, nil
}

// layer is apply for a layer whose result has the shape of a.
func (b *builder) layer(o *op, a network.Activation, in ...*gorgonia.Node) network.Activation {
	if b.err != nil {
		return a
	}
	a.Ref = len(b.results)
	o.size = b.batch * valuesOf(a)
	var node *gorgonia.Node
	node, b.err = b.apply(o, in...)
	b.results = append(b.results, result{node: node, c: a.C})
	b.tape = append(b.tape, a.Ref)
	b.still[node] = !slices.ContainsFunc(in, func(n *gorgonia.Node) bool { return !b.still[n] })
	return a
}

// grads collects the nodes of a grad function, one for each input.
type grads struct {
	b     *builder
	nodes gorgonia.Nodes
	err   error
}

// add appends the result of an operation.
func (g *grads) add(o *op, in ...*gorgonia.Node) *gorgonia.Node {
	n := g.make(o, in...)
	g.nodes = append(g.nodes, n)
	return n
}

// make adds an operation whose result is no input's gradient by itself.
func (g *grads) make(o *op, in ...*gorgonia.Node) *gorgonia.Node {
	if g.err != nil {
		return nil
	}
	var n *gorgonia.Node
	n, g.err = g.b.apply(o, in...)
	return n
}

// skip stands for an input without a gradient.
func (g *grads) skip() { g.nodes = append(g.nodes, nil) }

// handOn appends a parameter's gradient that the operation after has computed
// beside its result.
func (g *grads) handOn(name string, from []float32, after *gorgonia.Node) {
	g.add(&op{name: name, size: len(from), run: func(out []float32, _ [][]float32) error {
		copy(out, from)
		return nil
	}}, after)
}

// Conv is network.Layers.Conv.
func (b *builder) Conv(x network.Activation, name string, shape network.ConvShape) network.Activation {
	k, err := kernels.NewConv(shapeFor(x, shape, b.batch))
	if err != nil {
		b.fail(name, err)
		return x
	}
	s := k.ConvShape
	y := network.Activation{C: s.Out, H: s.OutH(), W: s.OutW()}
	still := b.still[b.node(x)]
	in, wrt := gorgonia.Nodes{b.node(x), b.param(name+".weight", b.init, s.Out, s.In/s.Groups, s.KH, s.KW)}, []bool{!still, true}
	if shape.Bias {
		in, wrt = append(in, b.param(name+".bias", network.Zeros, s.Out)), append(wrt, true)
	}
	o := &op{name: "conv " + name, flops: s.Flops(), wrt: wrt}
	o.run = func(out []float32, in [][]float32) error {
		k.ForwardWith(b.env.ws, b.env.n, out, in[0], in[1], kernels.Epilogue{Bias: optional(in, 2)})
		return nil
	}
	o.grad = func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		if still {
			g.skip()
		} else {
			g.add(&op{name: "conv data " + name, flops: s.Flops(), size: b.batch * valuesOf(x), run: func(out []float32, in [][]float32) error {
				k.BackwardData(b.env.ws, b.env.n, out, in[0], in[1])
				return nil
			}}, grad, in[1])
		}
		g.add(&op{name: "conv weights " + name, flops: s.Flops(), size: s.WeightSize(), run: func(out []float32, in [][]float32) error {
			k.BackwardWeights(b.env.ws, b.env.n, out, in[0], in[1])
			return nil
		}}, grad, b.again(x, &g, grad))
		if shape.Bias {
			g.add(b.biasGradient(name, y), grad)
		}
		return g.nodes, g.err
	}
	y = b.layer(o, y, in...)
	b.maybeRedone(y, &redo{op: &op{name: "conv again " + name, run: func(out []float32, in [][]float32) error {
		return o.run(out, in[:len(in)-1])
	}}, from: in, of: &x, flops: s.Flops()})
	return y
}

// biasGradient is the operation that computes the gradient of a bias of that of a
// result y.
func (b *builder) biasGradient(name string, y network.Activation) *op {
	return &op{name: "bias " + name, size: y.C, run: func(db []float32, in [][]float32) error {
		kernels.ChannelSums(b.env.ws, b.env.n, y.C, y.Plane(), db, in[0])
		return nil
	}}
}
