package images

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func tableSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "table",
		Doc: "Write a table of the samples that arrive: Id, Target, Split, as CSV, or compressed when the name ends in .zst.",
		In:  component.Takes(edges.Sample),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the table; it replaces one that is there"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[*data.Sample](n, "in"), n.Stage(), &tableSink{file: n.Args.String("file")})
			return nil, nil
		},
	}
}

// tableSink gathers rows, which are small, and writes them at the end.
type tableSink struct {
	file string
	rows []table.Row
}

func (s *tableSink) Open(context.Context) error { return atomicfile.Prepare(s.file) }

func (s *tableSink) Write(_ context.Context, r flow.Record[*data.Sample]) error {
	v := r.Value
	s.rows = append(s.rows, table.Row{ID: v.ID, Labels: v.Labels, Labeled: v.Labeled, Split: v.Split})
	return nil
}

func (s *tableSink) Commit(context.Context) error { return table.Write(s.file, s.rows) }
func (s *tableSink) Abort() error                 { return nil }
