package onnx

import (
	"fmt"
	"slices"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/network"
)

// node is an operator with one result.
type node struct {
	op, name   string
	in         []string
	out        string
	attributes []attribute
}

// builder turns a network's layers into nodes.
type builder struct {
	weights   map[string]models.Tensor
	fixed     bool // the size of images is known
	nodes     []node
	constants []message
	values    []string // the name of each activation
	faults    []error
}

func (b *builder) fail(format string, args ...any) {
	b.faults = append(b.faults, fmt.Errorf(format, args...))
}

// add adds a node and gives the name of its result.
func (b *builder) add(op, name string, in []string, out string, attributes ...attribute) string {
	b.nodes = append(b.nodes, node{op, name, in, out, attributes})
	return out
}

// result makes the value of this name an activation of y's shape.
func (b *builder) result(y network.Activation, value string) network.Activation {
	y.Ref = len(b.values)
	b.values = append(b.values, value)
	return y
}

func (b *builder) of(x network.Activation) string { return b.values[x.Ref] }

// rename gives the node that made an activation another result name.
func (b *builder) rename(x network.Activation, name string) {
	at := slices.IndexFunc(b.nodes, func(n node) bool { return n.out == b.of(x) })
	b.nodes[at].out = name
	b.values[x.Ref] = name
}

func (b *builder) constant(name string, shape []int, values []float32) string {
	b.constants = append(b.constants, tensorMessage(name, float32Type, shape, floats(values)))
	return name
}

func (b *builder) integers(name string, values ...int64) string {
	b.constants = append(b.constants, tensorMessage(name, int64Type, []int{len(values)}, integers(values)))
	return name
}

// weight is a tensor of the weights, which has this shape.
func (b *builder) weight(name string, shape ...int) []float32 {
	t, there := b.weights[name]
	if !there {
		b.fail("the weights have no %s", name)
	} else if !slices.Equal(t.Shape, shape) {
		b.fail("%s is of shape %v, want %v", name, t.Shape, shape)
	}
	size := 1
	for _, d := range shape {
		size *= d
	}
	if len(t.Data) != size { // a fault that is told above
		return make([]float32, size)
	}
	return t.Data
}

// normalised turns planes of 8 bits into what the network takes.
func (b *builder) normalised(norm data.Norm) string {
	x := b.add("Cast", "cast", []string{inputName}, "values", one("to", float32Type))
	if norm == data.NormPerImage {
		mean := b.add("ReduceMean", "mean", []string{x}, "mean", many("axes", 2, 3), one("keepdims", 1))
		centred := b.add("Sub", "centre", []string{x, mean}, "centred")
		squares := b.add("Mul", "square", []string{centred, centred}, "squares")
		variance := b.add("ReduceMean", "variance", []string{squares}, "variance", many("axes", 2, 3), one("keepdims", 1))
		deviation := b.add("Sqrt", "deviation", []string{variance}, "deviation")
		least := b.constant("least_deviation", nil, []float32{1e-7})
		scale := b.add("Add", "least", []string{deviation, least}, "scale")
		return b.add("Div", "normalise", []string{centred, scale}, "normalised")
	}
	middle, span := b.constant("middle", nil, []float32{127.5}), b.constant("span", nil, []float32{255})
	shifted := b.add("Sub", "shift", []string{x, middle}, "shifted")
	return b.add("Div", "normalise", []string{shifted, span}, "normalised")
}
