package split

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/split"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func splitsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "splits",
		Doc: "Write the tables of all cross validations, DIR/NAME.0.csv and so on: Id, Target, Split, one row a sample. With 11 folds " +
			"there are five; table k has folds 2k and 2k+1 as val, fold 10 as test_val and the others as train.",
		In: component.Takes(edges.Assignment),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the tables, made if need be"},
			{Name: "name", Type: component.String, Default: "split.stratified", Doc: "what the names of the tables begin with"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &splitsSink{dir: n.Args.String("dir"), name: n.Args.String("name")}
			s.File = results.NewFile(n, filepath.Join(s.dir, s.table(0)), splitTable)
			if err := atomicfile.CheckName(s.name); err != nil {
				return nil, err
			}
			flow.To(component.In[split.Assignment](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

var splitTable = results.Table("a table of a split", "Id", "Target", "Split")

// splitsSink gathers the samples, which are small, and writes them at the end.
type splitsSink struct {
	*results.File
	dir, name string
	samples   []split.Assignment
}

func (s *splitsSink) Open(context.Context) error { return s.File.Open() }

// table is the name of the table of a cross validation.
func (s *splitsSink) table(k int) string { return fmt.Sprintf("%s.%d.csv", s.name, k) }

func (s *splitsSink) Write(_ context.Context, r flow.Record[split.Assignment]) error {
	s.samples = append(s.samples, r.Value)
	return nil
}

// Commit lets all tables appear together, so that none is of another run.
func (s *splitsSink) Commit(context.Context) error {
	if len(s.samples) == 0 {
		return errors.New("no samples to split")
	}
	if s.Kept() {
		return nil
	}
	group := atomicfile.NewGroup(atomicfile.OS, s.dir)
	rows := make([]table.Row, len(s.samples))
	folds := s.samples[0].Folds
	for k := range split.CrossValidations(folds) {
		for i, a := range s.samples {
			rows[i] = table.Row{ID: a.ID, Labels: a.Labels, Labeled: true, Split: split.Name(a.Fold, folds, k)}
		}
		var text bytes.Buffer
		if err := table.Encode(&text, rows); err != nil {
			return err
		}
		path := filepath.Join(s.dir, s.table(k))
		if err := errors.Join(splitTable.Check(path), atomicfile.SweepFile(atomicfile.OS, path)); err != nil {
			return errors.Join(err, group.Abort())
		}
		if err := group.Add(s.table(k), text.Bytes()); err != nil {
			return errors.Join(err, group.Abort())
		}
	}
	if err := group.Flush(); err != nil {
		return err
	}
	return s.Record()
}

func (s *splitsSink) Abort() error { return nil }
