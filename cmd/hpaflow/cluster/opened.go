package cluster

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/cluster"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
)

// opened is a job as a slot knows it.
type opened struct {
	id   string
	job  *cluster.Job
	flow *units.Flow // nil: its units are steps
	opts flow.Options

	refused error // why this machine leaves its units to others
	until   time.Time
	run     string // run id of the plan that was opened
}

// refusedFor is how long a job is left to others before it is looked at again.
const refusedFor = 30 * time.Second

func isURL(path string) bool { return strings.Contains(path, "://") }

// usable are those of some jobs whose units this machine can do. Why another is
// left to others is said once.
func (s *slot) usable(ctx context.Context, ids []string) (list []string) {
	known := map[string]*opened{}
	for _, id := range ids {
		o := s.known[id]
		if o == nil || o.refused != nil && time.Now().After(o.until) {
			job, err := s.client.Job(ctx, id)
			if err != nil || job == nil {
				continue
			}
			was := o
			o = &opened{id: id, job: job}
			if o.refused = s.open(ctx, o); o.refused != nil {
				o.until = time.Now().Add(refusedFor)
				if was == nil || was.refused.Error() != o.refused.Error() {
					say(s.out, "%s: units of %s are left to others: %s", s.name, job.Name, o.refused)
				}
			}
		}
		known[id] = o
		if o.refused == nil {
			list = append(list, id)
		}
	}
	s.known = known
	return list
}

// open reads the flow of a job.
func (s *slot) open(ctx context.Context, o *opened) error {
	if err := o.job.Compatible(); err != nil {
		return err
	}
	if err := o.enter(); err != nil {
		return err
	}
	if o.job.File != "" {
		_, err := s.openSteps(o)
		return err
	}
	plan, faults := lang.LoadText(o.job.Name+".flow", []byte(o.job.Text), s.Registry)
	if len(faults) > 0 {
		var text strings.Builder
		faults.Render(&text, false)
		return fmt.Errorf("the flow does not work here:\n%s", strings.TrimSpace(text.String()))
	}
	opts, err := s.Options(s.workers, s.memory, plan)
	if err != nil {
		return err
	}
	o.opts = opts
	if o.flow, err = units.Of(plan, opts, s.Version); err != nil {
		return err
	}
	o.flow.Noted = func(stage, text string) { say(s.out, "%s: %s: %s", s.name, stage, text) }
	unlock, err := o.flow.Share()
	if err != nil {
		return err
	}
	defer unlock()
	if err := o.flow.Open(ctx, false); err != nil {
		return err
	}
	if o.run = o.flow.ID(); o.run != o.job.Run {
		return fmt.Errorf("%s holds another plan by now, %.8s, and the units are of %.8s: submit the flow again", o.flow.Dir(), o.run, o.job.Run)
	}
	return o.flow.Suits()
}

// enter goes to the folder that relative paths of the flow are of.
func (o *opened) enter() error {
	if !o.job.Relative {
		return nil
	}
	if err := os.Chdir(o.job.From); err != nil {
		return fmt.Errorf("its paths are relative to %s on %s, which this machine does not have: %w", o.job.From, o.job.Host, err)
	}
	return nil
}

// refresh reads the plan again, if it has got more units since, or another was
// made.
func (o *opened) refresh(ctx context.Context, unit int) error {
	same, err := o.flow.Current()
	if err != nil {
		return err
	}
	if same && unit < o.flow.Units() {
		return nil
	}
	if err := o.flow.Open(ctx, false); err != nil {
		return err
	}
	if id := o.flow.ID(); id != o.job.Run {
		return fmt.Errorf("%s holds another plan by now, and the unit is of one before: submit the flow again", o.flow.Dir())
	}
	return nil
}

// again lets the job be opened anew, since something about it failed.
func (o *opened) again() { o.refused, o.until = fmt.Errorf("a unit has failed here"), time.Now() }
