package search

import (
	"context"

	"hpaflow/data/search"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func trialsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "trials",
		Doc: "The trials of a search for policies: the base, which has none, and sets of pairs of operations drawn from the search space. " +
			"Each set is drawn from the run's seed and the trial's number.",
		Out: edges.Trial, Seeded: true,
		Fields: []component.Field{
			{Name: "count", Type: component.Int, Default: 50, Min: 1, Max: 999, Doc: "sets to draw"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			count, seed := n.Args.Int("count"), n.Graph.Options().Seed
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*search.Trial]) error {
				out.Expect(count + 1)
				for number := range count + 1 {
					t := search.Base()
					if number > 0 {
						t = search.Draw(number, flow.Rand(seed, number, "", "policy"))
					}
					if out.Complete(t.Name()) {
						continue
					}
					if err := out.Emit(t.Name(), t); err != nil {
						return err
					}
				}
				return nil
			}), nil
		},
	}
}
