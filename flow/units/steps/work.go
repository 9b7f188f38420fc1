package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
)

// NotYetError is that of a step some of what it waits for is not done.
type NotYetError struct {
	Step  *Step
	Waits []int
	Of    *Graph
}

func (e *NotYetError) Error() string {
	return fmt.Sprintf("unit %d, %s, waits for %s; run these first, or this one again later", e.Step.Number, e.Step.Name, e.Of.Names(e.Waits))
}

// Names names steps in a message: unit 3 (a/b), unit 4 (c).
func (g *Graph) Names(list []int) (text string) {
	const most = 6
	for i, at := range list {
		switch {
		case i == most:
			return text + fmt.Sprintf(" and %d more", len(list)-most)
		case i > 0:
			text += ", "
		}
		text += fmt.Sprintf("unit %d (%s)", at, g.Steps[at].Name)
	}
	return text
}

// lookAgain is how long a worker that waits leaves others alone.
const lookAgain = 2 * time.Second

// Claim lets one worker at a time do a step. It waits for one who is at it, after
// it has said so; then there is probably nothing left to do. A step without results
// of its own can be done by many.
func (s *Step) Claim(ctx context.Context, say func(text string)) (release func() error, err error) {
	for said := false; ; said = true {
		release, err := place.ClaimFolder(ctx, s.lock())
		if err == nil {
			return release, nil
		}
		_, here := errors.AsType[*atomicfile.HeldError](err)
		_, there := errors.AsType[*place.HeldError](err)
		if !here && !there {
			return nil, err
		}
		if !said {
			say(fmt.Sprintf("another process is at unit %d, %s; waiting for it", s.Number, s.Name))
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// lock is the folder that is locked while somebody is at the step.
func (s *Step) lock() string {
	dir, name := s.home()
	return place.Join(dir, name+".lock")
}

// busy says whether somebody is at the step.
func (s *Step) busy(ctx context.Context) bool {
	if place.Remote(s.lock()) {
		held, err := place.Held(ctx, s.lock())
		return held && err == nil
	}
	unlock, err := atomicfile.Lock(s.lock())
	if err == nil {
		unlock()
	}
	_, held := errors.AsType[*atomicfile.HeldError](err)
	return held
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(lookAgain):
		return nil
	}
}

// Do does a part of an op's work.
func (g *Graph) Do(ctx context.Context, s *Step, opts func(*lang.Plan) (flow.Options, error), events flow.Events) error {
	plan, faults := lang.Load(s.File, s.Sets, g.reg)
	if len(faults) > 0 {
		return faults
	}
	o, err := opts(plan)
	if err != nil {
		return err
	}
	parts, err := partsIn(plan, s.node, o, events, nil)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Name == s.part.Name {
			return p.Do(ctx)
		}
	}
	return fmt.Errorf("%s has no part %s any more", s.Title, s.part.Name)
}

// Worker does the steps that are chosen, each when what it waits for is done.
type Worker struct {
	Graph  *Graph
	Choice units.Choice
	Say    func(text string)
	Run    func(*Step) error // does one
}

// patience is how often a worker looks whether somebody is at what it waits for
// before it gives up: between two of their steps others are at none.
const patience = 5

// Work does them. A worker that shares the steps with others waits while they are
// at what it waits for. did is how many it has run.
func (w *Worker) Work(ctx context.Context) (did int, err error) {
	left := w.Choice.Of(len(w.Graph.Steps))
	tries := 0
	for {
		st, err := w.Graph.State()
		if err != nil {
			return did, err
		}
		var ready *Step
		var waiting []int
		for _, at := range left {
			s := w.Graph.Steps[at]
			if st.Done[at] {
				continue
			}
			if ready == nil && len(st.Waits(s)) == 0 {
				ready = s
			} else {
				waiting = append(waiting, at)
			}
		}
		if ready != nil {
			tries = 0
			if err := w.one(ctx, ready); err != nil {
				return did, err
			}
			did++
			continue
		}
		if len(waiting) == 0 {
			return did, nil
		}
		if w.Choice.N > 0 {
			tries++
			if w.somebodyWorks(ctx, st) {
				tries = 0
			}
		}
		if first := w.Graph.Steps[waiting[0]]; w.Choice.N == 0 || tries == patience {
			return did, &NotYetError{first, st.Waits(first), w.Graph}
		}
		if err := pause(ctx); err != nil {
			return did, err
		}
	}
}

// somebodyWorks says whether some other worker is at a step that is not done.
func (w *Worker) somebodyWorks(ctx context.Context, st *State) bool {
	for _, at := range st.Missing() {
		if w.Graph.Steps[at].busy(ctx) {
			return true
		}
	}
	return false
}

// one does a step, unless another worker has done it meanwhile.
func (w *Worker) one(ctx context.Context, s *Step) error {
	release, err := s.Claim(ctx, w.Say)
	if err != nil {
		return err
	}
	st, err := w.Graph.State()
	if err == nil && !st.Done[s.Number] {
		if waits := st.Waits(s); len(waits) > 0 {
			err = &NotYetError{s, waits, w.Graph}
		} else if err = w.Run(s); err == nil {
			err = w.Graph.mustBeDone(s)
		}
	}
	return errors.Join(err, release())
}

// mustBeDone says that a step that has run is not done, which would have it run
// over and over.
func (g *Graph) mustBeDone(s *Step) error {
	st, err := g.State()
	if err == nil && !st.Done[s.Number] {
		err = fmt.Errorf("unit %d, %s, has run, and is not done: what it reads or waits for changes while it runs", s.Number, s.Name)
	}
	return err
}
