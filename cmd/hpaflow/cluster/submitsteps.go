package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hpaflow/flow/cluster"
	"hpaflow/flow/units/steps"
)

// File is a file of steps that is to be done on a cluster.
type File struct {
	Graph   *steps.Graph
	Path    string
	Sets    []string
	Changed string

	// Cut is how a step is done whose records all workers share; nil of another, which
	// one worker does.
	Cut func(*steps.Step) (run func(context.Context, *Submit) error, err error)
}

// Steps sees to it that the steps of a file are done, each as soon as what it waits
// for is. Dead letters says that some have any.
func (s *Submit) Steps(ctx context.Context, f File) (deadLetters bool, err error) {
	job, err := s.jobOfSteps(f)
	if err != nil {
		return false, err
	}
	st, err := f.Graph.State()
	if err != nil {
		return false, err
	}
	missing := st.Missing()
	if len(missing) > 0 {
		if !s.Quiet {
			say(s.Out, "%s: %d of %d steps are missing, job %s", job.Name, len(missing), len(f.Graph.Steps), job.ID())
		}
		err = s.session(ctx, job, len(f.Graph.Steps), len(missing), func(ctx context.Context) error {
			if _, err := s.client.Retry(ctx, job.ID()); err != nil {
				return err
			}
			return s.crew(func() error { return s.inTurn(ctx, f) })
		})
		if err == nil {
			st, err = f.Graph.State()
		}
	}
	return err == nil && slices.Contains(st.Letters, true), err
}

// cutStep is a step whose records all workers share, and how that went.
type cutStep struct {
	number int
	err    error
}

// fault is why a step is not done that has ended.
func (c cutStep) fault(g *steps.Graph) error {
	if c.err != nil {
		return c.err
	}
	st, err := g.State()
	if err == nil && !st.Done[c.number] {
		err = errors.New("it has run, and is not done: what it reads changes while it runs")
	}
	return err
}

// inTurn queues steps as soon as they can be done. Those whose records all workers
// share are submitted as flows of their own, one at a time. A step that fails ends
// the run when no other can be done.
func (s *Submit) inTurn(ctx context.Context, f File) error {
	s.told = time.Now()
	inner, stop := context.WithCancel(ctx)
	ended := make(chan cutStep)
	cutting := -1 // the step that is being done so
	defer func() {
		stop()
		if cutting >= 0 {
			<-ended
		}
	}()
	shared := map[int]func(context.Context, *Submit) error{} // nil: by one worker
	failed := map[int]error{}
	for {
		began := time.Now()
		st, err := f.Graph.State()
		if err != nil {
			return err
		}
		missing := st.Missing()
		s.Board.done(len(f.Graph.Steps) - len(missing))
		if len(missing) == 0 {
			if !s.Quiet {
				say(s.Out, "%s", s.Board.line())
			}
			return nil
		}
		var whole []int // ready, for one worker each
		for _, at := range missing {
			step := f.Graph.Steps[at]
			if len(st.Waits(step)) > 0 || failed[at] != nil || at == cutting {
				continue
			}
			run, known := shared[at]
			if !known {
				if run, err = f.Cut(step); err != nil {
					return fmt.Errorf("step %s: %w", step.Name, err)
				}
				shared[at] = run
			}
			switch {
			case run == nil:
				whole = append(whole, at)
			case cutting < 0:
				cutting = at
				go func() { ended <- cutStep{at, run(inner, s.below())} }()
			}
		}
		asked := s.refill(ctx, whole)
		s.checked = time.Since(began)
		if asked == nil && cutting < 0 && isWithin(whole, s.dead) {
			return s.stuck(f.Graph, whole, failed)
		}
		select {
		case done := <-ended:
			cutting = -1
			if err := done.fault(f.Graph); err != nil {
				failed[done.number] = err
				say(s.Out, "step %s failed; those that do not wait for it go on: %s", f.Graph.Steps[done.number].Name, err)
			}
			continue
		default:
		}
		if err := s.pause(ctx, asked); err != nil {
			return err
		}
	}
}

// below is how a step's own flow is submitted: this process's slots are there
// already.
func (s *Submit) below() *Submit {
	return &Submit{Program: s.Program, Address: s.Address, Lease: s.Lease, Board: &Board{}}
}

// stuck is the error of steps none of which can be done.
func (s *Submit) stuck(g *steps.Graph, dead []int, failed map[int]error) error {
	var faults []error
	if len(dead) > 0 {
		faults = append(faults, s.exhausted(g.Names(dead)))
	}
	for at, err := range failed {
		faults = append(faults, fmt.Errorf("step %s: %w", g.Steps[at].Name, err))
	}
	return errors.Join(faults...)
}

// jobOfSteps is the job of a file of steps, for workers that see the same storage.
func (s *Submit) jobOfSteps(f File) (*cluster.Job, error) {
	from, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	path := f.Path
	if _, err := os.Stat(path); err == nil { // else it is one that comes with the program
		if path, err = filepath.Abs(path); err != nil {
			return nil, err
		}
	}
	relative := false
	for _, step := range f.Graph.Steps {
		for stream, block := range step.Plan().Streams() {
			return nil, fmt.Errorf("step %s: %s is standard %s, which workers on other machines do not have", step.Name, block, stream)
		}
		relative = relative || hasRelative(step.Plan())
	}
	return &cluster.Job{
		Format: cluster.Format, Run: f.Graph.Digest(), Dir: filepath.Join(from, f.Graph.Name), Name: f.Graph.Name, File: path, Sets: f.Sets, Changed: f.Changed,
		From: from, Relative: relative, Version: s.Version, Host: host,
	}, nil
}
