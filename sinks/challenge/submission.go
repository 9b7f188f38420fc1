package challenge

import (
	"context"

	"hpaflow/data/challenge"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func submissionSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "submission",
		Doc: "Write a submission: Id,Predicted, in the order the samples arrive.",
		In:  component.Takes(edges.Claim),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the submission; it replaces one that is there"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[challenge.Row](n, "in"), n.Stage(), &submissionSink{
				File: results.NewFile(n, n.Args.String("file"), results.Table("a submission", "Id", "Predicted")),
			})
			return nil, nil
		},
	}
}

// submissionSink gathers rows, which are small, and writes them at the end.
type submissionSink struct {
	*results.File
	rows []challenge.Row
}

func (s *submissionSink) Open(context.Context) error { return s.File.Open() }

func (s *submissionSink) Write(_ context.Context, r flow.Record[challenge.Row]) error {
	s.rows = append(s.rows, r.Value)
	return nil
}

func (s *submissionSink) Commit(context.Context) error {
	return s.Save(func(path string) error { return challenge.Write(path, s.rows) })
}

func (s *submissionSink) Abort() error { return nil }
