package cells

import (
	"context"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/cells"
	"hpaflow/data/challenge"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func challengeSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "challenge",
		Doc: "Write the tables of a challenge that was made up: DIR/train.csv and external.csv (Id, Target), sample_submission.csv " +
			"(Id, Predicted, all 0), leak.csv with the labels of every other test sample that is a copy, and solution.csv with those of all test samples.",
		In: component.Takes(edges.PlannedCells),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the tables, made if need be"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &challengeSink{dir: n.Args.String("dir"), rows: map[string][]table.Row{}}
			labels := results.Table("a table of samples", "Id", "Target")
			s.File = results.NewFile(n, filepath.Join(s.dir, "train.csv"), labels)
			for _, name := range []string{"external.csv", "solution.csv", "leak.csv"} {
				s.With(filepath.Join(s.dir, name), labels)
			}
			s.With(filepath.Join(s.dir, sampleSubmission), results.Table("a submission", "Id", "Predicted"))
			flow.To(component.In[cells.Planned](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

const sampleSubmission = "sample_submission.csv"

type challengeSink struct {
	*results.File
	dir    string
	rows   map[string][]table.Row // by set
	copies []table.Row            // test samples that are
}

func (s *challengeSink) Open(context.Context) error { return s.File.Open() }

func (s *challengeSink) Write(_ context.Context, r flow.Record[cells.Planned]) error {
	p := r.Value
	row := table.Row{ID: p.ID, Labels: p.Labels, Labeled: true}
	s.rows[p.Set] = append(s.rows[p.Set], row)
	if p.Set == cells.Test && p.CopyOf != "" {
		s.copies = append(s.copies, row)
	}
	return nil
}

func (s *challengeSink) Commit(context.Context) error {
	if s.Kept() {
		return nil
	}
	var known []table.Row
	for i, r := range s.copies {
		if i%2 == 0 {
			known = append(known, r)
		}
	}
	for _, t := range []struct {
		name string
		rows []table.Row
	}{{"train.csv", s.rows[cells.Train]}, {"external.csv", s.rows[cells.External]}, {"solution.csv", s.rows[cells.Test]}, {"leak.csv", known}} {
		if err := table.Write(filepath.Join(s.dir, t.name), t.rows); err != nil {
			return err
		}
	}
	var sample []challenge.Row
	for _, r := range s.rows[cells.Test] {
		sample = append(sample, challenge.Row{ID: r.ID, Labels: data.LabelsOf(0)})
	}
	if err := challenge.Write(filepath.Join(s.dir, sampleSubmission), sample); err != nil {
		return err
	}
	return s.Record()
}

func (s *challengeSink) Abort() error { return nil }
