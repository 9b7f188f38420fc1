package plan

import (
	"fmt"

	"hpaflow/models"
	"hpaflow/models/network"
)

// Kind is what a program is for.
type Kind int

// Predict is the forward pass in evaluation mode; Train forward, loss and
// backward; Statistics the forward pass in training mode, for what batch norm
// sees on its way.
const (
	Predict Kind = iota
	Train
	Statistics
)

// Program is what a card does with a batch.
type Program struct {
	Options
	Params *Params
	Steps  []Step
	Values []Value
	Norms  []Norm

	Input    ID  // images, before the first step
	Logits   ID  // (N,classes)
	Backward int // the first step after the forward pass and the loss

	Arena int64 // bytes that hold all values of the largest batch

	places []place
}

// Value is the value of a name.
func (p *Program) Value(id ID) *Value { return &p.Values[id] }

// planner is network.Layers: it lays down the forward pass, and notes for each
// layer how its gradient is computed.
type planner struct {
	*Program
	init network.Initialiser // of convolutions

	readers []int    // of each result, counted by a first walk; nil during that
	counted []int    // by this one
	results []result // of layers, by Activation.Ref
	tape    []func() // the layers' gradients, in their order
	joints  []joint  // concatenations' inputs
	err     error    // the first that happened
}

// result is a layer's result.
type result struct {
	id     ID    // None while it is a batch norm's that nobody has asked for
	norm   *norm // if it is a batch norm's, without a residual
	grad   ID    // None until a reader has given one
	packed bool  // a convolution reads or wrote it, so it is no slice
	redone ID    // the batch norm's result, computed again on the way back
	over   ID    // the value it may overwrite, or None
}

// norm is a batch norm whose result need not be written where its reader can
// compute it by the way.
type norm struct {
	index int
	name  string
	y     network.Activation // of the convolution before it
	relu  bool
	stats *Stats // nil while predicting
	fused bool   // its reader computes it, and its gradient
}

// joint is an input of a concatenation: a slice of it, or copied by a step.
type joint struct {
	ref   int // the result
	whole ID
	at    int // channel
	step  int // that copies it
}

var _ network.Layers = (*planner)(nil)

// Options choose what a plan is for.
type Options struct {
	Kind    Kind
	Batch   int  // the most samples of a card
	Type    Type // of images: F32 or BF16
	Thrifty bool // while training, compute again batch norm's results on the way back rather than keep them
}

// build plans a network.
func build(m *models.Options, o Options, params *Params) (*Program, error) {
	counted, err := walk(m, o, params, nil)
	if err != nil {
		return nil, err
	}
	p, err := walk(m, o, params, counted.counted)
	if err != nil {
		return nil, err
	}
	p.lay()
	return p.Program, nil
}

// walk goes through a network's layers, and back.
func walk(m *models.Options, o Options, params *Params, readers []int) (*planner, error) {
	net := network.ByName(m.Model)
	p := &planner{
		Program: &Program{Options: o, Params: params},
		init:    net.Init, readers: readers,
	}
	x, id := p.image(network.Activation{C: m.Channels, H: m.Height, W: m.Width})
	p.Input = id
	out := net.Build(p, x, network.Heads{Classes: m.Classes, Attention: m.AttentionSize, AuxAttention: m.AuxAttentionSize})
	if p.err == nil {
		p.Logits = p.id(out.Logits)
		p.join()
		p.Backward = len(p.Steps)
		if o.Kind == Train {
			p.loss(out)
			for i := len(p.tape) - 1; i >= 0 && p.err == nil; i-- {
				p.tape[i]()
			}
		}
	}
	if p.err != nil {
		return nil, fmt.Errorf("%s: %w", m.Model, p.err)
	}
	return p, nil
}

// Training is network.Layers.Training.
func (p *planner) Training() bool { return p.Kind == Train }

// fail keeps the first error.
func (p *planner) fail(name string, err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("%s: %w", name, err)
	}
}

// value makes a value with a place of its own.
func (p *planner) value(t Type, h, w, c int) ID {
	p.places = append(p.places, place{row: int64(c) * t.Bytes(), rows: h * w})
	p.Values = append(p.Values, Value{Type: t, H: h, W: w, C: c, Stride: c, place: len(p.places) - 1})
	return ID(len(p.Values) - 1)
}

// like makes a value of the shape of another.
func (p *planner) like(id ID) ID {
	v := p.Values[id]
	return p.value(v.Type, v.H, v.W, v.C)
}

// vector makes a value of so many numbers a sample.
func (p *planner) vector(c int) ID { return p.value(F32, 1, 1, c) }

// step adds a step.
func (p *planner) step(name string, flops float64, op Op) {
	p.Steps = append(p.Steps, Step{Name: name, Flops: flops, Op: op})
}

// result notes a layer's result.
func (p *planner) result(a network.Activation, id ID) network.Activation {
	a.Ref = len(p.results)
	p.results = append(p.results, result{id: id, grad: None, redone: None, over: None})
	p.counted = append(p.counted, 0)
	return a
}

// image is result with a new value for it.
func (p *planner) image(a network.Activation) (network.Activation, ID) {
	id := p.value(p.Type, a.H, a.W, a.C)
	return p.result(a, id), id
}

// of is what is known of a layer's result.
func (p *planner) of(a network.Activation) *result { return &p.results[a.Ref] }

// read is id for a layer that reads the result.
func (p *planner) read(a network.Activation) ID {
	p.counted[a.Ref]++
	return p.id(a)
}

// id is the value of a layer's result, which is computed now if it was put off.
func (p *planner) id(a network.Activation) ID {
	r := p.of(a)
	if r.id == None {
		y := p.id(r.norm.y)
		r.id = p.like(y)
		if p.Kind != Train {
			r.over = y
		}
		p.step("batch norm "+r.norm.name, 0, r.norm.apply(y, r.id))
	}
	return r.id
}

// apply computes the norm's result.
func (n *norm) apply(y, out ID) *Apply {
	return &Apply{Norm: n.index, Y: y, Out: out, Residual: None, ResidualNorm: NoNorm, ReLU: n.relu}
}

// fuse is the batch norm that gave a result, if the layer that reads it now is
// the only one and may compute the norm by the way. It counts as a reader.
func (p *planner) fuse(a network.Activation, relu bool) *norm {
	r := p.of(a)
	if r.id != None || r.norm.relu != relu || p.readers == nil || p.readers[a.Ref] != 1 {
		return nil
	}
	p.counted[a.Ref]++
	return r.norm
}

// back notes how a layer's gradient is computed.
func (p *planner) back(f func()) {
	if p.Kind == Train {
		p.tape = append(p.tape, f)
	}
}
