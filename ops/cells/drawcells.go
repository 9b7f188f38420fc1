package cells

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/cells"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func drawCellsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "draw_cells", Parallel: true,
		Doc: "Draw planned cells as images of four channels, green showing the protein where the labels say it is. A sample's split is its set.",
		In:  component.Takes(edges.PlannedCells), Out: edges.Planes,
		Fields: []component.Field{
			{Name: "size", Type: component.Int, Default: 512, Min: 16, Max: 1 << 13, Doc: "side of an image, in pixels"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			size := n.Args.Int("size")
			return flow.Map(component.In[cells.Planned](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[cells.Planned]) (*data.Sample, error) {
				im, err := cells.Field(r.Value.Seed, size, r.Value.Labels)
				return &data.Sample{ID: r.Value.ID, Labels: r.Value.Labels, Labeled: true, Split: r.Value.Set, Image: im}, err
			}), nil
		},
	}
}
