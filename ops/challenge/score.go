package challenge

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/challenge"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func scoreSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "score",
		Doc: "Score a submission by the labels its samples really have: macro F1, over all labels and over those that occur. Yields one " +
			"record, under the op's name.",
		In: component.Takes(edges.Claim), Out: edges.Score,
		Fields: []component.Field{
			{Name: "truth", Type: component.InputFile, Doc: "CSV with Id, Target; each sample in it must be in the submission"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels there are"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			classes := n.Args.Int("classes")
			truth, err := table.ReadLabelled(n.Args.String("truth"), classes)
			if err != nil {
				return nil, err
			}
			return flow.Process(component.In[challenge.Row](n, "in"), n.Stage(),
				func(ctx context.Context, in *flow.Reader[challenge.Row], out *flow.Emitter[*challenge.Score]) error {
					var claims []challenge.Row
					for r, err := range in.Values(ctx) {
						if err != nil {
							return err
						}
						claims = append(claims, r.Value)
					}
					score, err := challenge.ScoreOf(n.Name, claims, truth, classes)
					if err != nil {
						return err
					}
					return out.Emit(n.Name, score)
				}), nil
		},
	}
}
