//go:build gpu && linux

package gpu

import (
	"context"
	"fmt"
	"math/rand/v2"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/plan"
	"hpaflow/models/gpu/reference"
)

// checker compares an engine's steps with the reference's, within do.
type checker struct {
	*engine
	ctx    context.Context
	random *rand.Rand
	seen   map[string]bool // operations that were checked
	note   func(Finding)
	marks  [2]cuda.Event
	slot   *slot
	result *result
}

// begin fills the network with numbers that leave no kernel's part out: initial
// weights of convolutions, all else about what it is in a network that has
// learned something.
func (c *checker) begin() (err error) {
	for i := range c.marks {
		if c.marks[i], err = c.card.NewEvent(true); err != nil {
			return err
		}
		c.closers = append(c.closers, c.marks[i].Destroy)
	}
	parameters, statistics := initial(c.params)
	for _, p := range c.params.List {
		if p.Conv {
			continue
		}
		to := parameters
		if p.Statistic {
			to = statistics
		}
		for i := p.Offset; i < p.Offset+p.Size(); i++ {
			to[i] += float32(.2 * (2*c.random.Float64() - 1))
		}
	}
	if err := c.setWeights(parameters, statistics); err != nil {
		return err
	}
	targets := make(flat, c.options.Batch*c.options.Classes)
	for i := range targets {
		targets[i] = float32(c.random.IntN(4) / 3)
	}
	return c.put(c.memory.targets, targets)
}

// check does a program step by step, as a batch would.
func (c *checker) check(p *plan.Program) error {
	n := p.Batch
	c.whole = n
	v := p.Value(p.Input)
	x := make([]float64, v.Rows(n)*v.C)
	for i := range x {
		x[i] = c.random.Float64() - .5
	}
	memory := &cardMemory{checker: c, p: p, n: n}
	if err := memory.write(p.Input, x); err != nil {
		return err
	}
	if p.Kind == plan.Predict {
		if err := c.kernels.NormRunning(c.compute, c.memory.table, len(p.Norms)); err != nil {
			return err
		}
	}
	b, err := c.bind(p, n)
	if err != nil {
		return err
	}
	if err := memory.write(p.Input, x); err != nil { // what was chosen may have lain there
		return err
	}
	for i, s := range p.Steps {
		if err := context.Cause(c.ctx); err != nil {
			return err
		}
		key := c.key(p, s.Op)
		if c.seen[key] {
			if err := b.launches[i].do(); err != nil {
				return err
			}
			continue
		}
		c.seen[key] = true
		if own, ok := c.ownLaunch(p, s); ok {
			before, err := c.snapshot(p, s.Op)
			if err == nil {
				err = c.compare(p, s, own, key+" by our own")
			}
			if err == nil {
				err = before.restore(c.engine)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		if err := c.compare(p, s, b.launches[i], key); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}

// ownLaunch is a convolution by our own kernels, where they may be chosen.
func (c *checker) ownLaunch(p *plan.Program, s plan.Step) (launch, bool) {
	kind, shape, at, ok := c.convolution(p, s.Op, p.Batch)
	if !ok || shape.Groups == 1 {
		return launch{}, false
	}
	data, _ := s.Op.(*plan.ConvData)
	v := &convolver{key: convKey{kind, shape}}
	v.bytes = ownScratch(v.key)
	return launch{name: s.Name, run: func() error {
		if err := c.room(v.bytes); err != nil {
			return err
		}
		return v.run(c.engine, at, data != nil && data.Add)
	}}, true
}

// sampled is how many results of a convolution are compared.
const sampled = 512

// compare does a step three times from the same inputs: by the reference, and
// twice on the card, of which the second is timed.
func (c *checker) compare(p *plan.Program, s plan.Step, l launch, key string) error {
	want := &cardMemory{checker: c, p: p, n: p.Batch, values: map[plan.ID][]float64{}, gradients: map[int][]float64{}}
	m := reference.Machine{Program: p, N: p.Batch, Whole: c.whole, Gamma: focalGamma, Momentum: c.momentum, Memory: want}
	m.Convolve = func(results int) []int {
		list := make([]int, sampled)
		for i := range list {
			list[i] = c.random.IntN(results)
		}
		return list
	}
	before, err := c.snapshot(p, s.Op)
	if err != nil {
		return err
	}
	if err := m.Step(s.Op); err != nil {
		return err
	}
	if want.err != nil {
		return want.err
	}
	if err := l.do(); err != nil {
		return err
	}
	f := Finding{Card: c.card.Index, Precision: string(c.precision), Name: s.Name, Shape: key, Limit: c.limit(s.Op), OK: true}
	if f.Error, err = want.distance(); err != nil {
		return err
	}
	once, err := c.snapshot(p, s.Op)
	if err != nil {
		return err
	}
	if err := before.restore(c.engine); err != nil {
		return err
	}
	if err := c.marks[0].Record(c.compute); err != nil {
		return err
	}
	if err := l.do(); err != nil {
		return err
	}
	if err := c.marks[1].Record(c.compute); err != nil {
		return err
	}
	twice, err := c.snapshot(p, s.Op)
	if err != nil {
		return err
	}
	if f.Time, err = c.marks[1].Elapsed(c.marks[0]); err != nil {
		return err
	}
	f.Deterministic = once.equal(twice)
	c.judge(&f)
	return nil
}

// judge says what is wrong with a finding, and passes it on.
func (c *checker) judge(f *Finding) {
	switch {
	case !(f.Error <= f.Limit):
		f.Fault = "too far from float64 arithmetic"
	case !f.Deterministic:
		f.Fault = "other bits the second time"
	}
	f.OK = f.Fault == ""
	c.note(*f)
}

// limit is how far an operation's results may be from float64 arithmetic: what
// rounding its inputs and its results costs, with room for the order of sums.
func (c *checker) limit(op plan.Op) float64 {
	convolution := false
	switch op.(type) {
	case *plan.Conv, *plan.ConvData, *plan.ConvWeights:
		convolution = true
	}
	switch {
	case c.precision == bf16:
		return 5e-3
	case convolution && c.precision == tf32:
		return 3e-3
	case convolution:
		return 1e-4 // some algorithms transform tiles
	}
	return 1e-5
}
