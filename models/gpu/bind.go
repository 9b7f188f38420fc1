//go:build gpu && linux

package gpu

import (
	"errors"
	"fmt"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/plan"
)

// bound is a program ready to run for so many samples.
type bound struct {
	program  *plan.Program
	launches []launch
	runs     int
	graph    *cuda.Graph
	plain    bool // it cannot be captured
}

type boundKey struct {
	program *plan.Program
	n       int
}

// launch gives the card one step of a program.
type launch struct {
	name  string
	flops float64
	run   func() error
	after []func() error // what is to follow it
}

// drop lets go of the graph.
func (b *bound) drop() error {
	if b.graph == nil {
		return nil
	}
	g := b.graph
	b.graph, b.runs = nil, 0
	return g.Destroy()
}

// bind makes a program ready to run for n samples.
func (e *engine) bind(p *plan.Program, n int) (*bound, error) {
	key := boundKey{p, n}
	if b := e.bounds[key]; b != nil {
		return b, nil
	}
	if err := e.choose(); err != nil {
		return nil, err
	}
	b := &bound{program: p}
	for _, s := range p.Steps {
		run, err := e.launch(p, s.Op, n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		b.launches = append(b.launches, launch{name: s.Name, flops: s.Flops, run: run})
	}
	b.plain = p.Kind == plan.Statistics // its momentum is another each time
	if e.ring != nil && p.Kind == plan.Train {
		e.ring.attach(e, b)
	}
	e.bounds[key] = b
	return b, nil
}

// run gives the card a program to run. From the second time on a whole batch is
// one graph; others, and programs that talk to other cards, are given launch by
// launch.
func (e *engine) run(b *bound) error {
	b.runs++
	switch {
	case e.observe != nil:
		return e.runObserved(b)
	case b.graph != nil:
		return b.graph.Launch(e.compute)
	case b.runs < 2 || b.plain:
		return b.launchAll()
	}
	err := e.card.BeginCapture(e.compute)
	if err != nil {
		return err
	}
	err = b.launchAll()
	graph, ended := e.card.EndCapture(e.compute)
	if err := errors.Join(err, ended); err != nil {
		if errors.Is(err, cuda.ErrCardLost) {
			return err
		}
		b.plain = true
		return b.launchAll()
	}
	b.graph = graph
	return graph.Launch(e.compute)
}

func (b *bound) launchAll() error {
	for _, l := range b.launches {
		if err := l.do(); err != nil {
			return err
		}
	}
	return nil
}

func (l *launch) do() error {
	if err := l.run(); err != nil {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	for _, f := range l.after {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// runObserved runs step by step, and tells how long each took on the card.
func (e *engine) runObserved(b *bound) error {
	var marks [2]cuda.Event
	for i := range marks {
		var err error
		if marks[i], err = e.card.NewEvent(true); err != nil {
			return err
		}
		defer marks[i].Destroy()
	}
	for _, l := range b.launches {
		err := marks[0].Record(e.compute)
		if err == nil {
			err = l.do()
		}
		err = errors.Join(err, marks[1].Record(e.compute), marks[1].Synchronize())
		if err != nil {
			return err
		}
		took, err := marks[1].Elapsed(marks[0])
		if err != nil {
			return err
		}
		e.observe(l.name, took, l.flops)
	}
	return nil
}

// convolve is the launch of a convolution.
func (e *engine) convolve(p *plan.Program, op plan.Op, n int, add bool) (func() error, error) {
	kind, shape, at, _ := e.convolution(p, op, n)
	c, err := e.prepare(kind, shape, p.Batch, at)
	if err != nil {
		return nil, err
	}
	return func() error { return c.run(e, at, add) }, nil
}

// launch is how an operation is given to the card.
func (e *engine) launch(p *plan.Program, op plan.Op, n int) (func() error, error) {
	switch o := op.(type) {
	case *plan.ConvData:
		return e.convolve(p, op, n, o.Add)
	case *plan.Conv, *plan.ConvWeights:
		return e.convolve(p, op, n, false)
	case *plan.Stats, *plan.Apply, *plan.NormBackward:
		return e.launchNorm(p, op, n), nil
	case *plan.MaxPool, *plan.MaxPoolBackward, *plan.NormMaxPoolBackward, *plan.AveragePool3,
		*plan.AdaptivePool, *plan.AdaptivePoolBackward, *plan.MeanPool, *plan.MeanPoolBackward:
		return e.launchPool(p, op, n), nil
	case *plan.SqueezeExcite, *plan.SqueezeExciteBackward:
		return e.launchSqueeze(p, op, n), nil
	case *plan.Linear, *plan.LinearBackward, *plan.Attention, *plan.AttentionBackward, *plan.Loss:
		return e.launchHead(p, op, n), nil
	case *plan.Copy:
		to, from := e.mat(p, o.To, n), e.mat(p, o.From, n)
		return func() error { return e.kernels.Copy(e.compute, to, from) }, nil
	case *plan.Add:
		to, from := e.mat(p, o.To, n), e.mat(p, o.From, n)
		return func() error { return e.kernels.Add(e.compute, to, from) }, nil
	}
	return nil, fmt.Errorf("a card knows no %T", op)
}
