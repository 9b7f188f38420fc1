package cells

import (
	"context"

	"hpaflow/data/cells"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func cellsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "cells",
		Doc: "Make up a challenge of synthetic cells: the samples of its train, external and test sets, with Ids and labels, not drawn yet. " +
			"The run's seed decides all.",
		Out: edges.PlannedCells, Seeded: true,
		Fields: []component.Field{
			{Name: "train", Type: component.Int, Default: 800, Min: 1, Max: 1 << 24, Doc: "samples of the train set"},
			{Name: "external", Type: component.Int, Default: 200, Min: 0, Max: 1 << 24, Doc: "samples of the external set"},
			{Name: "test", Type: component.Int, Default: 200, Min: 0, Max: 1 << 24, Doc: "samples of the test set"},
			{Name: "imbalance", Type: component.Float, Default: 1.0, Min: 0, Max: 1, Doc: "1: labels are as frequent as in the real training set; 0: all are equally frequent; between: frequencies to that power"},
			{Name: "least", Type: component.Int, Default: 0, Min: 0, Max: 1 << 24, Doc: "training samples that have a label, at least"},
			{Name: "duplicates", Type: component.Float, Default: 0.03, Min: 0, Max: 1, Doc: "share of external samples that show the picture of a training sample"},
			{Name: "leaks", Type: component.Float, Default: 0.03, Min: 0, Max: 1, Doc: "share of test samples that show the picture of a training or external sample"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			a := n.Args
			list, err := cells.Plan(cells.PlanOptions{
				Seed: n.Graph.Options().Seed, Train: a.Int("train"), External: a.Int("external"), Test: a.Int("test"),
				Imbalance: a.Float("imbalance"), Least: a.Int("least"), Duplicates: a.Float("duplicates"), Leaks: a.Float("leaks"),
			})
			if err != nil {
				return nil, err
			}
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[cells.Planned]) error {
				out.Expect(len(list))
				for _, p := range list {
					if out.Complete(p.ID) {
						continue
					}
					if err := out.Emit(p.ID, p); err != nil {
						return err
					}
				}
				return nil
			}), nil
		},
	}
}
