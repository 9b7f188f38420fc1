package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/cluster"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
	"hpaflow/flow/units/steps"
)

// openSteps reads the file of a job whose units are steps.
func (s *slot) openSteps(o *opened) (*steps.Graph, error) {
	f, faults := lang.Find(o.job.File, s.Registry)
	var g *steps.Graph
	var err error
	if faults == nil {
		g, err = steps.Of(f, o.job.File, o.job.Sets, s.Registry)
	} else {
		err = faults
	}
	if faults, wrong := errors.AsType[lang.Diagnostics](err); wrong {
		var text strings.Builder
		faults.Render(&text, false)
		return nil, fmt.Errorf("the flow does not work here:\n%s", strings.TrimSpace(text.String()))
	}
	if err != nil {
		return nil, err
	}
	if g == nil || g.Digest() != o.job.Run {
		return nil, fmt.Errorf("%s is not what it was when it was submitted, or is another file here: submit it again", o.job.File)
	}
	return g, nil
}

// step does a unit that is a step, unless it is done. It reads the file again, since
// flows may have come to be by then that a step before has written.
func (s *slot) step(ctx context.Context, o *opened, lease *cluster.Lease) (did units.Did, err error) {
	g, err := s.openSteps(o)
	if err != nil {
		return did, err
	}
	if lease.Unit >= len(g.Steps) {
		return did, fmt.Errorf("%s has no unit %d", o.job.File, lease.Unit)
	}
	begun := time.Now()
	w := steps.Worker{
		Graph: g, Choice: units.Choice{K: lease.Unit},
		Say: func(text string) { say(s.out, "%s: %s", s.name, text) },
		Run: func(st *steps.Step) error {
			return s.RunStep(ctx, g, st, StepRun{Workers: s.workers, Memory: s.memory, Changed: o.job.Changed, Out: s.out, Watch: s.watch})
		},
	}
	ran, err := w.Work(ctx)
	if ran > 0 {
		did.Stats = flow.Stats{Flow: g.Steps[lease.Unit].Name, Wall: time.Since(begun)}
	}
	return did, err
}
