package embed

import (
	"context"
	"errors"
	"slices"

	"hpaflow/data/embed"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func embeddingsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "embeddings",
		Doc: "The rows of a table of embeddings, in its order: NAME.parquet, a file or a folder of part files, with columns id, feat0000 and so on, " +
			"and top_class_name where locations are known.",
		Out: edges.Embedded,
		Fields: []component.Field{
			{Name: "table", Type: component.String, Bears: component.ByContents, Doc: "NAME.parquet"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			table := n.Args.String("table")
			if table == "" {
				return nil, errors.New("table is empty, and should name what is read")
			}
			if err := embed.CheckParquet(table); err != nil {
				return nil, err
			}
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*embed.Row]) error {
				for r, err := range embed.ReadParquet(table) {
					if err != nil {
						return err
					}
					if out.Complete(r.ID) {
						continue
					}
					if slices.ContainsFunc(r.Features, func(v float32) bool { return v-v != 0 }) {
						err = out.Fail(r.ID, errors.New("its embedding holds what is no finite number"))
					} else {
						err = out.Emit(r.ID, r)
					}
					if err != nil {
						return err
					}
				}
				return nil
			}), nil
		},
	}
}
