package plan

import (
	"errors"

	"hpaflow/models/network"
)

// loss ends the forward pass.
func (p *planner) loss(out network.Outputs) {
	l := &Loss{}
	add := func(a network.Activation, weight float64) {
		grad := p.like(p.id(a))
		p.of(a).grad = grad
		l.Logits, l.Gradients, l.Weights = append(l.Logits, p.id(a)), append(l.Gradients, grad), append(l.Weights, weight)
	}
	add(out.Logits, 1)
	if out.Aux != nil {
		add(*out.Aux, network.AuxWeight)
	}
	p.step("loss", 0, l)
	p.Backward = len(p.Steps)
}

// gradient notes how a layer's gradient is computed from dy, that of its result,
// when all the result's readers have had their turn.
func (p *planner) gradient(name string, y network.Activation, compute func(dy ID)) {
	p.back(func() {
		dy := p.of(y).grad
		if dy == None {
			p.fail(name, errors.New("nothing depends on its result"))
			return
		}
		compute(dy)
	})
}

// share lets a reader of x write its share of the gradient of x: the first is
// the gradient, a later one is added to it. The input has none.
func (p *planner) share(x network.Activation, compute func(dx ID, add bool)) {
	if x.Image() {
		return
	}
	r := p.of(x)
	add := r.grad != None
	if !add {
		r.grad = p.like(p.id(x))
	}
	compute(r.grad, add)
}

// hand is share for one that is already there and nobody else's. One that
// convolutions are to read is taken out of wider rows.
func (p *planner) hand(name string, x network.Activation, share ID) {
	if x.Image() {
		return
	}
	switch r := p.of(x); {
	case r.grad != None:
		p.step("sum "+name, 0, &Add{From: share, To: r.grad})
	case r.packed && p.slice(share):
		r.grad = p.like(share)
		p.step("take "+name, 0, &Copy{From: share, To: r.grad})
	default:
		r.grad = share
	}
}

// again is a layer's result for a convolution on the way back. That of a batch
// norm is computed once more where memory is short, unless it lies in a
// concatenation.
func (p *planner) again(x network.Activation) ID {
	r := p.of(x)
	if !p.Thrifty || r.norm == nil || p.slice(r.id) {
		return p.id(x)
	}
	if r.redone == None {
		r.redone = p.like(r.id)
		p.step("batch norm again "+r.norm.name, 0, r.norm.apply(p.id(r.norm.y), r.redone))
	}
	return r.redone
}
