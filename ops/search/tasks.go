package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"hpaflow/data/search"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// trialTasks are the trials, each a task; with halving, each up to a comparison is
// one, and waits for all up to the comparison before.
func trialTasks(n *component.Node) ([]component.Task, error) {
	t := newTrialRunner(n)
	var trials []*search.Trial
	flow.Collect(component.In[*search.Trial](n, "in"), n.Stage(), &trials)
	if err := n.Graph.Run(context.Background()); err != nil {
		return nil, err
	}
	s := &successive{runner: t, eta: n.Args.Int("halving"), keep: n.Args.Int("keep")}
	plan, err := t.plan(search.Base(), t.epochs) // the others read a policy more, which is not there yet
	if err != nil {
		return nil, err
	}
	var tasks []component.Task
	var before []string
	for rung, epochs := range t.rungs {
		var names []string
		for _, trial := range trials {
			name := trial.Name()
			if len(t.rungs) > 1 {
				name += fmt.Sprintf("/%d_epochs", epochs)
			}
			names = append(names, name)
			tasks = append(tasks, component.Task{
				Name: name, After: before, Flow: plan, Writes: []string{t.folder(trial)},
				Done: func() (bool, error) {
					if goesOn, err := s.goesOn(trials, trial, rung); err != nil || !goesOn {
						return err == nil, err
					}
					if begun, err := t.begun(trial); err != nil || !begun {
						return false, err
					}
					_, done, err := t.was(trial, rung)
					return done, err
				},
				Do: func(ctx context.Context) error {
					goesOn, err := s.goesOn(trials, trial, rung)
					if err == nil && goesOn {
						_, err = t.train(ctx, trial, rung)
					}
					return err
				},
			})
		}
		before = names
	}
	return tasks, nil
}

// goesOn says whether a trial is trained up to a rung, all that are trained up to
// the rungs before being so.
func (s *successive) goesOn(trials []*search.Trial, trial *search.Trial, rung int) (bool, error) {
	for r := range rung {
		var results []search.Result
		for _, other := range trials {
			result, done, err := s.runner.was(other, r)
			if err != nil {
				return false, err
			}
			if !done {
				return false, fmt.Errorf("%s is not trained for %d epochs, by which trials are compared", other.Name(), s.runner.rungs[r])
			}
			results = append(results, result)
		}
		if trials = search.Survivors(results, s.eta, s.keep); !slices.Contains(trials, trial) {
			return false, nil
		}
	}
	return true, nil
}

// begun says whether a trial's policy is there, without which its flow cannot be
// read.
func (t *trialRunner) begun(trial *search.Trial) (bool, error) {
	if trial.IsBase() {
		return true, nil
	}
	_, err := os.Stat(t.policyFile(trial))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
