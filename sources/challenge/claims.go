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

func claimsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "claims",
		Doc: "The rows of a submission, in their order.",
		Out: edges.Claim,
		Fields: []component.Field{
			{Name: "file", Type: component.InputFile, Doc: "CSV with Id, Predicted"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			rows, err := challenge.Read(n.Args.String("file"), n.Args.Int("classes"), table.Limit(n.Limits().MaxRows))
			if err != nil {
				return nil, err
			}
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[challenge.Row]) error {
				out.Expect(len(rows))
				for _, r := range rows {
					if out.Complete(r.ID) {
						continue
					}
					if err := out.Emit(r.ID, r); err != nil {
						return err
					}
				}
				return nil
			}), nil
		},
	}
}
