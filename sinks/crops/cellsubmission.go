package crops

import (
	"context"

	"hpaflow/data/crops"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func cellSubmissionSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "cell_submission",
		Doc: "Write a submission to the Human Protein Atlas single-cell challenge of 2021: ID,ImageWidth,ImageHeight,PredictionString, where a prediction is " +
			"\"label confidence mask\" for each cell and label, and a mask is base64 of zlib of COCO's run lengths.",
		In: component.Takes(edges.CellClaims),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the submission; it replaces one that is there"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[*crops.Field](n, "in"), n.Stage(), &cellSubmission{
				File: results.NewFile(n, n.Args.String("file"), results.Table("a submission of cells", crops.Columns...)),
			})
			return nil, nil
		},
	}
}

// cellSubmission gathers fields and writes them at the end.
type cellSubmission struct {
	*results.File
	fields []crops.Field
}

func (s *cellSubmission) Open(context.Context) error { return s.File.Open() }

func (s *cellSubmission) Write(_ context.Context, r flow.Record[*crops.Field]) error {
	s.fields = append(s.fields, *r.Value)
	return nil
}

func (s *cellSubmission) Commit(context.Context) error {
	return s.Save(func(path string) error { return crops.WriteTable(path, s.fields) })
}

func (s *cellSubmission) Abort() error { return nil }
