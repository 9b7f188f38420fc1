package search

import (
	"context"
	"fmt"

	"hpaflow/data/search"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func trialSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "trial",
		Doc: "Train every trial of a search by a flow of its own, one after the other, each in DIR/trial_NNN, and yield how well it did: " +
			"the best average macro F1 over 10 epochs. Trials that an earlier run has done are not trained again, and one that was stopped goes on where it stood. " +
			"With halving, trials are compared after a few epochs and only the best go on.",
		In: component.Takes(edges.Trial), Out: edges.Result,
		Fields: []component.Field{
			{Name: "flow", Type: component.FlowFile, Doc: "a flow with the variables policy, epochs, until, seed and out, such as train.flow"},
			{Name: "set", Type: component.Strings, Default: []string{}, Doc: "other variables of that flow, as name=value"},
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the search"},
			{Name: "epochs", Type: component.Int, Min: 1, Max: 1 << 20, Doc: "of a trial that is not stopped"},
			{Name: "halving", Type: component.Int, Default: 0, Min: 0, Max: 100, Doc: "successive halving: at each comparison one in so many trials goes on; 0: all are trained to the end"},
			{Name: "min_epochs", Type: component.Int, Default: 5, Min: 1, Max: 1 << 20, Doc: "with halving: no trial is stopped before"},
			{Name: "keep", Type: component.Int, Default: 5, Min: 1, Max: 999, Doc: "with halving: at least so many trials go on"},
		},
		Check: func(a component.Args) []component.FieldFault {
			if a.Int("halving") == 1 {
				return []component.FieldFault{{Field: "halving", Fault: "1 would let every trial go on", Hint: "0, or 2 and more"}}
			}
			return nil
		},
		Parts: trialTasks,
		Build: func(n *component.Node) (component.Output, error) {
			t := newTrialRunner(n)
			// A fault in the flow of the trials is one of this flow.
			if _, err := t.plan(search.Base(), t.epochs); err != nil {
				return nil, err
			}
			s := &successive{runner: t, eta: n.Args.Int("halving"), keep: n.Args.Int("keep")}
			return flow.Process(component.In[*search.Trial](n, "in"), n.Stage(), s.run), nil
		},
	}
}

// successive trains trials rung by rung.
type successive struct {
	runner    *trialRunner
	eta, keep int
}

func (s *successive) run(ctx context.Context, in *flow.Reader[*search.Trial], out *flow.Emitter[search.Result]) error {
	trials, err := readTrials(ctx, in)
	if err != nil {
		return err
	}
	for rung, epochs := range s.runner.rungs {
		var results []search.Result
		for _, t := range trials {
			r, err := s.runner.train(ctx, t, rung)
			if err != nil {
				return &flow.StageError{Stage: s.runner.name, Key: t.Name(), Err: err}
			}
			results = append(results, r)
			if err := out.Forward(flow.Record[search.Result]{Seq: int64(t.Number), Key: t.Name(), Value: r}); err != nil {
				return err
			}
		}
		if rung == len(s.runner.rungs)-1 {
			return nil
		}
		trials = search.Survivors(results, s.eta, s.keep)
		s.runner.graph.Note(s.runner.name, fmt.Sprintf("after %d epochs %d of %d trials go on", epochs, len(trials), len(results)))
	}
	return nil
}

func readTrials(ctx context.Context, in *flow.Reader[*search.Trial]) ([]*search.Trial, error) {
	var trials []*search.Trial
	for r, err := range in.Values(ctx) {
		if err != nil {
			return nil, err
		}
		trials = append(trials, r.Value)
	}
	return trials, nil
}
