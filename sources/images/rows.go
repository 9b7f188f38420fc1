package images

import (
	"context"
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/data/corrections"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func rowsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "rows",
		Doc: "The samples of label tables without their images: table after table, row by row. An Id that stands in two tables is an error.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "tables", Type: component.InputFiles, Doc: "CSV files with Id and Target"},
			{Name: "corrections", Type: component.InputFile, Default: "", Doc: "CSV with Id, Target, Note and Time, as hpaflow view keeps it, by which labels of the tables are corrected; empty: none are"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			rows, err := readTables(n.Args.Strings("tables"), n.Args.Int("classes"), n.Limits())
			if err != nil {
				return nil, err
			}
			told, err := corrections.Correct(n.Args.String("corrections"), n.Args.Int("classes"), table.Limit(n.Limits().MaxRows), rows)
			if err != nil {
				return nil, err
			}
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*data.Sample]) error {
				if told != "" {
					n.Graph.Note(n.Name, told)
				}
				out.Expect(len(rows))
				for _, r := range rows {
					if out.Complete(r.ID) {
						continue
					}
					if err := out.Emit(r.ID, &data.Sample{ID: r.ID, Labels: r.Labels, Labeled: true, Split: r.Split}); err != nil {
						return err
					}
				}
				return nil
			}), nil
		},
	}
}

// readTables reads labelled tables one after the other.
func readTables(paths []string, classes int, limits component.Limits) ([]table.Row, error) {
	var all []table.Row
	from := map[string]string{} // by Id: its table
	for _, path := range paths {
		rows, err := table.Limit(limits.MaxRows).ReadLabelled(path, classes)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if before, twice := from[r.ID]; twice {
				return nil, fmt.Errorf("%s stands both in %s and in %s", r.ID, before, path)
			}
			from[r.ID] = path
		}
		all = append(all, rows...)
	}
	return all, someRows(len(all), limits, paths...)
}

// someRows refuses tables that hold nothing, unless nothing need be there.
func someRows(rows int, limits component.Limits, paths ...string) error {
	if rows > 0 || limits.AllowEmpty {
		return nil
	}
	return &component.InputError{Err: fmt.Errorf("%s: no row follows the header; where a table may be empty, write allow_empty = true in the flow's run block",
		strings.Join(paths, ", "))}
}
