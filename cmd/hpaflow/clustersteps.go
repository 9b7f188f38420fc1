package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hpaflow/cmd/hpaflow/cluster"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/units/steps"
)

// clusterSteps lets the workers of a cluster do the steps of a file: those whose
// flows can be cut together, the others one each.
func (r *running) clusterSteps(ctx context.Context, path string, sets []string) error {
	if len(r.reports) > 0 {
		return fmt.Errorf("--report tells what this process did, and the steps of %s are done by the workers of the cluster", r.graph.Name)
	}
	s := r.cluster
	s.Workers, s.Memory, s.Quiet, s.Out = r.workers, r.memory, r.progress == "none", r.out
	letters, err := s.Steps(ctx, cluster.File{Graph: r.graph, Path: path, Sets: sets, Changed: r.changed, Cut: r.cutStep})
	switch {
	case err != nil:
		return unitsOutcome(err)
	case letters:
		return &exitError{code: exitDeadLetters}
	}
	return nil
}

// cutStep is how a step is done by all workers together; nil of one that cannot be
// cut.
func (r *running) cutStep(s *steps.Step) (func(context.Context, *cluster.Submit) error, error) {
	if s.IsPart() {
		return nil, nil
	}
	plan, faults := lang.Load(s.File, s.Sets, r.reg)
	if len(faults) > 0 {
		return nil, faults
	}
	opts, err := runOptions(r.workers, r.memory, plan)
	if err != nil {
		return nil, err
	}
	f, err := unitsOf(plan, opts)
	if err != nil || f.Known() != nil || !f.Planned() && f.Fits() != nil {
		return nil, nil // whoever does it tells what else is wrong with it
	}
	return func(ctx context.Context, by *cluster.Submit) error {
		each := *r
		each.cluster, each.brief, each.step = by, true, s.Name
		each.at = []string{fmt.Sprintf("%s, unit %d of %d: %s", r.graph.Name, s.Number, len(r.graph.Steps), s.Name)}
		return stepFailed(each.file(ctx, s.File, s.Sets))
	}, nil
}

// runStep is what a worker of a cluster does with a step.
func runStep(ctx context.Context, reg *component.Registry, g *steps.Graph, s *steps.Step, o cluster.StepRun) error {
	r := &running{
		reg: reg, out: o.Out, results: io.Discard, workers: o.Workers, memory: o.Memory, changed: o.Changed,
		progress: "none", graph: g, follow: func(g *flow.Graph) func(flow.Stats, error) { return o.Watch(g) },
	}
	return stepFailed(r.chosenStep(ctx, g, s))
}

// stepFailed is the error of a step as others tell it. Dead letters are no failure.
func stepFailed(err error) error {
	var exit *exitError
	switch {
	case !errors.As(err, &exit):
		return err
	case exit.code == exitDeadLetters:
		return nil
	case exit.err != nil:
		return exit.err
	}
	return errors.New("its flow is wrong, as told above")
}
