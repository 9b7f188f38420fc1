package sinks

import (
	"context"

	"hpaflow/data/atomicfile"
	"hpaflow/data/submission"
	"hpaflow/flow"
	"hpaflow/ops/edges"
)

func submissionSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindSink, Name: "submission",
		Doc: "Write a submission: Id,Predicted, in the order the samples arrive.",
		In:  flow.Takes(edges.Claim),
		Fields: []flow.Field{
			{Name: "file", Type: flow.OutputFile, Doc: "the submission; it replaces one that is there"},
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			flow.To(flow.In[submission.Row](n, "in"), n.Stage(), &submissionSink{file: n.Args.String("file")})
			return nil, nil
		},
	}
}

// submissionSink gathers rows, which are small, and writes them at the end.
type submissionSink struct {
	file string
	rows []submission.Row
}

func (s *submissionSink) Open(context.Context) error { return atomicfile.Prepare(s.file) }

func (s *submissionSink) Write(_ context.Context, r flow.Record[submission.Row]) error {
	s.rows = append(s.rows, r.Value)
	return nil
}

func (s *submissionSink) Commit(context.Context) error { return submission.Write(s.file, s.rows) }
func (s *submissionSink) Abort() error                 { return nil }
