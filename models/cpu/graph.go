package cpu

import (
	"fmt"
	"runtime"

	_ "go4.org/unsafe/assume-no-moving-gc" // holds go.mod at a version that accepts this Go; tensor's own choice panics
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models"
	"hpaflow/models/network"
)

// graph is a training step: forward, loss and backward; or its forward part.
type graph struct {
	machine gorgonia.VM
	env     *environment
	logits  *gorgonia.Node
	grads   gorgonia.Nodes // of the trainable parameters, in their order
	loss    float64        // of the last run
}

// buildGraph builds a network's training step over the inputs x
// (batch,C,H,W) and y (batch,classes); without y, the forward part of one.
func buildGraph(o models.Options, ps *params, env *environment, x, y *tensor.Dense) (*graph, error) {
	g := gorgonia.NewGraph()
	net := network.ByName(o.Model)
	b := &builder{graph: g, env: env, params: ps, batch: o.Batch, init: net.Init, made: map[string]*gorgonia.Node{}, still: map[*gorgonia.Node]bool{}}
	input := func(name string, t *tensor.Dense) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, t.Dims(), gorgonia.WithShape(t.Shape()...), gorgonia.WithName(name), gorgonia.WithValue(t))
	}
	b.results = []result{{node: input("x", x)}}
	b.still[b.results[0].node] = true
	out := net.Build(b, inputOf(&o), headsOf(&o))
	c := &graph{env: env}
	if b.err == nil && y != nil {
		heads, weights := []network.Activation{out.Logits}, []float64{1}
		if out.Aux != nil {
			heads, weights = append(heads, *out.Aux), append(weights, network.AuxWeight)
		}
		cost := b.loss(heads, weights, input("y", y), lossOf(o.Loss), &c.loss)
		if b.err == nil {
			c.grads, b.err = b.backward(b.node(cost))
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	c.logits = b.node(out.Logits)
	if err := countReaders(g); err != nil {
		return nil, err
	}
	c.logits.Op().(*op).kept = true
	c.machine = gorgonia.NewTapeMachine(g)
	// Its finaliser, which has a use with CUDA only, would keep the machine and
	// all that it computes for good: it is part of a cycle, and a cycle with a
	// finaliser is never collected.
	runtime.SetFinalizer(c.machine, nil)
	return c, nil
}

// countReaders tells every operation of ours how often its result is read.
// What nothing reads, or an operation of Gorgonia's, stays until the next run, and
// so do the parameters' gradients.
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
		o.kept = readers.Len() == 0 || o.final
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
	if !c.env.arena.planned {
		c.env.blank = true
		err := c.runAll()
		if c.env.blank = false; err != nil {
			return err
		}
		c.env.arena.plan()
	}
	return c.runAll()
}

func (c *graph) runAll() error {
	c.env.arena.reset()
	c.machine.Reset()
	return c.machine.RunAll()
}

// values is a node's result in the last run.
func values(n *gorgonia.Node) []float32 { return n.Value().Data().([]float32) }
