package images

import (
	"context"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func tableSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "table",
		Doc: "Write a table of the samples that arrive: Id, Target, Split, as CSV, or compressed when the name ends in .zst.",
		In:  component.Takes(edges.Sample, edges.Planes),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the table; it replaces one that is there"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[*data.Sample](n, "in"), n.Stage(), &tableSink{
				File: results.NewFile(n, n.Args.String("file"), samplesTable),
			})
			return nil, nil
		},
	}
}

// samplesTable has a column Target, unless no sample has labels, and one Split where
// there are splits.
var samplesTable = results.Kind{Name: "a table of samples", Is: func(head []byte) bool {
	first, _, _ := strings.Cut(string(head), "\n")
	switch strings.TrimPrefix(strings.TrimSuffix(first, "\r"), "\ufeff") {
	case "Id", "Id,Split":
		return true
	}
	return results.Table("", "Id", "Target").Is(head)
}}

// tableSink gathers rows, which are small, and writes them at the end.
type tableSink struct {
	*results.File
	rows []table.Row
}

func (s *tableSink) Open(context.Context) error { return s.File.Open() }

func (s *tableSink) Write(_ context.Context, r flow.Record[*data.Sample]) error {
	v := r.Value
	s.rows = append(s.rows, table.Row{ID: v.ID, Labels: v.Labels, Labeled: v.Labeled, Split: v.Split})
	return nil
}

func (s *tableSink) Commit(context.Context) error {
	return s.Save(func(path string) error { return table.Write(path, s.rows) })
}

func (s *tableSink) Abort() error { return nil }
