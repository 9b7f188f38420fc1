package cpu

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// Norms that lay the gradients of the same parts in other orders are refused: one
// piece of memory cannot hold both.
func TestPartsInOtherOrdersAreRefused(t *testing.T) {
	g := gorgonia.NewGraph()
	b := &builder{
		graph: g, env: &environment{arena: newArena(), ws: kernels.NewWorkspace()}, params: newParams(1), batch: 2, init: network.Ones,
		made: map[string]*gorgonia.Node{}, still: map[*gorgonia.Node]bool{},
	}
	input := func(name string, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))))
	}
	b.results = []result{{node: input("x", 2, 4, 8, 8)}}
	b.still[b.results[0].node] = true
	x, one := network.Activation{C: 4, H: 8, W: 8}, network.ConvShape{Out: 8, KH: 1, KW: 1}
	p, q := b.Conv(x, "p", one), b.Conv(x, "q", one)
	y := b.Conv(b.Norm(b.Concat("pq", p, q), network.Norm{Name: "first"}), "y", one)
	z := b.Conv(b.Norm(b.Concat("qp", q, p), network.Norm{Name: "second"}), "z", one)
	logits := b.Linear(b.MeanPool(b.Concat("yz", y, z), "mean"), "last_linear", 5)
	var value float64
	cost := b.loss([]network.Activation{logits}, []float64{1}, input("y", 2, 5), kernels.Loss{}, &value)
	if b.err != nil {
		t.Fatal(b.err)
	}
	if _, err := b.backward(b.node(cost)); err == nil || !strings.Contains(err.Error(), "first: batch norms read the same parts in other orders") {
		t.Errorf("error %v", err)
	}
}
