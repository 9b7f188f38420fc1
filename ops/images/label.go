package images

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func labelSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "label",
		Doc: "Join samples with a table by Id: their labels and split. A sample without a row passes unlabelled, " +
			"or is skipped with keep = false.",
		In: component.Takes(edges.Sample), Out: edges.Sample,
		Fields: []component.Field{
			{Name: "table", Type: component.InputFile, Default: "", Doc: "CSV with Id, Target and perhaps Split; empty: samples pass as they are"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
			{Name: "keep", Type: component.Bool, Default: true, Doc: "whether samples without a row pass"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			rows, err := readRows(n.Args.String("table"), n.Args.Int("classes"))
			if err != nil {
				return nil, err
			}
			keep := n.Args.Bool("keep") || n.Args.String("table") == ""
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
				row, found := rows[r.Value.ID]
				switch {
				case found:
					s := *r.Value
					s.Labels, s.Labeled, s.Split = row.Labels, row.Labeled, row.Split
					return &s, nil
				case keep:
					return r.Value, nil
				}
				return nil, flow.Skip("it has no row in " + n.Args.String("table"))
			}), nil
		},
	}
}

func readRows(path string, classes int) (map[string]table.Row, error) {
	if path == "" {
		return nil, nil
	}
	rows, err := table.Read(path, classes)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]table.Row, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	return byID, nil
}
