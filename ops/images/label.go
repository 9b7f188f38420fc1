package images

import (
	"context"
	"errors"
	"io"

	"hpaflow/data"
	"hpaflow/data/corrections"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func labelSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "label",
		Doc: "Join samples with a table by Id: their labels and split. A sample without a row passes unlabelled, " +
			"or is skipped with keep = false. Rows that are of no sample are counted; when no row is of any, that is an error.",
		In: component.Takes(edges.Sample, edges.Planes), Out: edges.Sample, Passes: true,
		Alone: true,
		Check: func(a component.Args) []component.FieldFault {
			if a.String("corrections") != "" && a.String("table") == "" {
				return []component.FieldFault{{Field: "corrections", Fault: "corrects the labels of a table, and none is given"}}
			}
			return nil
		},
		Fields: []component.Field{
			{Name: "table", Type: component.InputFile, Default: "", Doc: "CSV with Id, Target and perhaps Split; empty: samples pass as they are"},
			{Name: "corrections", Type: component.InputFile, Default: "", Doc: "CSV with Id, Target, Note and Time, as hpaflow view keeps it, by which labels of the table are corrected; empty: none are"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
			{Name: "keep", Type: component.Bool, Default: true, Doc: "whether samples without a row pass"},
		},
		About: func(n *component.Node) (func(string) string, error) {
			read, err := labelRows(n)
			return table.About(read.rows), err
		},
		Matches: func(n *component.Node, keys []string) error {
			l := &labelling{table: n.Args.String("table"), node: n}
			read, err := labelRows(n)
			if err != nil {
				return err
			}
			if read.corrected != "" {
				n.Graph.Note(n.Name, read.corrected)
			}
			l.join(read.rows)
			for _, key := range keys {
				l.label(&data.Sample{ID: key})
			}
			return l.compare()
		},
		Build: func(n *component.Node) (component.Output, error) {
			l := &labelling{table: n.Args.String("table"), keep: n.Args.Bool("keep"), node: n}
			read, err := labelRows(n)
			if err != nil {
				return nil, err
			}
			if !n.InUnit { // of a flow that is cut, Matches has told
				l.corrected = read.corrected
			}
			l.join(read.rows)
			return flow.Process(component.In[*data.Sample](n, "in"), n.Stage(), l.run), nil
		},
	}
}

// labelledRows are the rows of a table, and what corrections did to it.
type labelledRows struct {
	rows      []table.Row
	corrected string // empty: there are none
}

// labelRows are those of the node, read once for all units of a flow.
func labelRows(n *component.Node) (labelledRows, error) {
	path := n.Args.String("table")
	if path == "" {
		return labelledRows{}, nil
	}
	return component.Once(n, "rows", func() (read labelledRows, err error) {
		limit := table.Limit(n.Limits().MaxRows)
		if read.rows, err = limit.Read(path, n.Args.Int("classes")); err == nil {
			read.corrected, err = corrections.Correct(n.Args.String("corrections"), n.Args.Int("classes"), limit, read.rows)
		}
		return read, err
	})
}

// labelling is a table that is joined to a stream of samples.
type labelling struct {
	table string // empty: samples pass as they are
	keep  bool
	node  *component.Node
	rows  map[string]*labelRow
	matches

	corrected string // what corrections did to the rows, and is to be told; empty: nothing
}

type labelRow struct {
	table.Row
	used bool
}

func (l *labelling) join(rows []table.Row) {
	l.rows = make(map[string]*labelRow, len(rows))
	for _, row := range rows {
		l.rows[row.ID] = &labelRow{Row: row}
	}
	if len(rows) > 0 {
		l.firstRow = rows[0].ID
	}
}

func (l *labelling) run(ctx context.Context, in *flow.Reader[*data.Sample], out *flow.Emitter[*data.Sample]) error {
	if l.corrected != "" {
		l.node.Graph.Note(l.node.Name, l.corrected)
	}
	for {
		r, err := in.Next(ctx)
		if errors.Is(err, io.EOF) {
			return l.compare()
		}
		if err != nil {
			return err
		}
		if r.IsValue() && l.table != "" {
			labelled, found := l.label(r.Value)
			if !found && !l.keep {
				if err := out.Fail(r.Key, flow.Skip("it has no row in "+l.table)); err != nil {
					return err
				}
				continue
			}
			r.Value = labelled
		}
		if err := out.Forward(r); err != nil {
			return err
		}
	}
}

// label gives a sample with its labels, if it has a row.
func (l *labelling) label(s *data.Sample) (labelled *data.Sample, found bool) {
	row := l.rows[s.ID]
	l.saw(s.ID, row != nil && !row.used, row != nil)
	if row == nil {
		return s, false
	}
	row.used = true
	out := *s
	out.Labels, out.Labeled, out.Split = row.Labels, row.Labeled, row.Split
	return &out, true
}
