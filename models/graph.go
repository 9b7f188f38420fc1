package models

import (
	"fmt"

	_ "go4.org/unsafe/assume-no-moving-gc" // holds go.mod at a version that accepts this Go; tensor's own choice panics
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models/kernels"
)

// graph is a network compiled for one purpose, and its inputs.
type graph struct {
	machine gorgonia.VM
	env     *environment
	logits  *gorgonia.Node
	grads   gorgonia.Nodes // of the trainable parameters, in their order
	loss    float64        // of the last run
	n       int            // the batch that fits
}

// buildGraph builds a network over the inputs x (batch,C,H,W) and, to train,
// y (batch,classes).
func buildGraph(o Options, ps *params, env *environment, x, y *tensor.Dense, training bool) (*graph, error) {
	g := gorgonia.NewGraph()
	b := &builder{graph: g, env: env, params: ps, batch: o.Batch, training: training, made: map[string]*gorgonia.Node{}}
	input := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithShape(x.Shape()...), gorgonia.WithName("x"), gorgonia.WithValue(x))
	out := networkOf(o.Model).build(b, activation{node: input, c: o.Channels, h: o.Height, w: o.Width}, &o)
	c := &graph{env: env, n: o.Batch}
	if training && b.err == nil {
		targets := gorgonia.NewTensor(g, tensor.Float32, 2, gorgonia.WithShape(y.Shape()...), gorgonia.WithName("y"), gorgonia.WithValue(y))
		cost := b.loss(out, targets, lossOf(o.Loss), &c.loss)
		if b.err == nil {
			b.err = c.differentiate(b, cost.node)
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	c.logits = out.node
	if err := countReaders(g); err != nil {
		return nil, err
	}
	out.node.Op().(*op).kept = true
	c.machine = gorgonia.NewTapeMachine(g)
	return c, nil
}

// lossOf is the loss of a name.
func lossOf(name string) kernels.Loss {
	if name == "focal" {
		return kernels.Loss{Gamma: 2}
	}
	return kernels.Loss{}
}

// differentiate adds the backward graph.
func (c *graph) differentiate(b *builder, cost *gorgonia.Node) error {
	var wrt gorgonia.Nodes
	for _, p := range b.params.trainable() {
		wrt = append(wrt, b.made[p.name])
	}
	one := gorgonia.NewConstant(float32(1), gorgonia.In(b.graph))
	var err error
	c.grads, err = gorgonia.Backpropagate(gorgonia.Nodes{cost}, gorgonia.Nodes{one}, wrt)
	return err
}

// countReaders tells every operation of ours how often its result is read.
// What nothing reads, or an operation of Gorgonia's, stays until the next run.
func countReaders(g *gorgonia.ExprGraph) error {
	hashes := map[uint32]*gorgonia.Node{}
	for _, n := range g.AllNodes() {
		o, ours := n.Op().(*op)
		if !ours {
			continue
		}
		if other := hashes[n.Hashcode()]; other != nil {
			return fmt.Errorf("gorgonia would merge %q with %q: equal hashes", n, other)
		}
		hashes[n.Hashcode()] = n
		readers := g.To(n.ID())
		o.kept = readers.Len() == 0
		for readers.Next() {
			_, ours := readers.Node().(*gorgonia.Node).Op().(*op)
			o.kept = o.kept || !ours
			o.readers++
		}
	}
	return nil
}

// run computes the graph for the first n samples of its inputs. Results of
// earlier runs are void.
func (c *graph) run(n int) error {
	c.env.n = n
	c.env.arena.reset()
	c.machine.Reset()
	return c.machine.RunAll()
}

// values is a node's result in the last run.
func values(n *gorgonia.Node) []float32 { return n.Value().Data().([]float32) }
