package onnx

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/network"
)

// Input is what values a network takes.
type Input string

// The kinds of input.
const (
	Float32 Input = "float32" // planes that are normalised already
	Uint8   Input = "uint8"   // planes as images of 8 bits have them; the network normalises
)

// Inputs lists them.
func Inputs() []string { return []string{string(Float32), string(Uint8)} }

// Options say what the file is to be.
type Options struct {
	Network models.Options // Height and Width of 0: images of any size
	Input   Input
	Norm    data.Norm // of Uint8

	Metadata map[string]string
	Version  string // of the program
}

const (
	irVersion = 8 // the first that goes with the opset
	opset     = 17

	inputName  = "images"
	logitsName = "logits"
	probsName  = "probabilities"
)

// Write writes a network with its weights, under the network's own names. Its input
// is images, (batch,channels,height,width); its outputs are logits and their
// sigmoid, probabilities, (batch,classes).
func Write(w io.Writer, o Options, weights []models.Tensor) error {
	o.Network.EnsureDefaults()
	net := network.ByName(o.Network.Model)
	if net == nil {
		return fmt.Errorf("model %q is not one of %v", o.Network.Model, network.Names())
	}
	b := &builder{weights: map[string]models.Tensor{}, fixed: o.Network.Height > 0}
	for _, t := range weights {
		b.weights[t.Name] = t
	}
	x := network.Activation{C: o.Network.Channels, H: o.Network.Height, W: o.Network.Width}
	if !b.fixed { // layers ask for sizes that nothing in the file depends on
		x.H, x.W = 1<<12, 1<<12
	}
	b.values = []string{inputName}
	if o.Input == Uint8 {
		b.values[0] = b.normalised(o.Norm)
	}
	out := net.Build(b, x, network.Heads{Classes: o.Network.Classes, Attention: o.Network.AttentionSize, AuxAttention: o.Network.AuxAttentionSize})
	if err := errors.Join(b.faults...); err != nil {
		return err
	}
	b.rename(out.Logits, logitsName)
	b.add("Sigmoid", probsName, []string{logitsName}, probsName)
	_, err := w.Write(b.model(o))
	return err
}

// model is the ModelProto.
func (b *builder) model(o Options) (m message) {
	var graph message
	for _, n := range b.nodes {
		graph.bytes(1, nodeMessage(n.op, n.name, n.in, n.out, n.attributes)) // node
	}
	graph.text(2, o.Network.Model) // name
	for _, t := range b.constants {
		graph.bytes(5, t) // initializer
	}
	kind, height, width := int64(float32Type), dim{name: "height"}, dim{name: "width"}
	if o.Input == Uint8 {
		kind = uint8Type
	}
	if b.fixed {
		height, width = dim{size: o.Network.Height}, dim{size: o.Network.Width}
	}
	batch, classes := dim{name: "batch"}, dim{size: o.Network.Classes}
	graph.bytes(11, valueMessage(inputName, kind, batch, dim{size: o.Network.Channels}, height, width)) // input
	graph.bytes(12, valueMessage(logitsName, float32Type, batch, classes))                              // output
	graph.bytes(12, valueMessage(probsName, float32Type, batch, classes))

	m.integer(1, irVersion) // ir_version
	m.text(2, "hpaflow")    // producer_name
	m.text(3, o.Version)    // producer_version
	m.bytes(7, graph)       // graph
	var set message         // opset_import
	set.text(1, "")         // domain
	set.integer(2, opset)   // version
	m.bytes(8, set)         //
	for _, key := range slices.Sorted(maps.Keys(o.Metadata)) {
		var entry message
		entry.text(1, key)
		entry.text(2, o.Metadata[key])
		m.bytes(14, entry) // metadata_props
	}
	return m
}
