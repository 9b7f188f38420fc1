package download

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func imageTableSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "image_table",
		Doc: "Write the rows of a table whose images exist: those in a folder before the run, as ID.png, and those that arrive. It " +
			"stands after the sink that writes them, so that a table never names an image that could not be written.",
		In: component.Takes(edges.File),
		Fields: []component.Field{
			{Name: "table", Type: component.InputFile, Doc: "CSV with Id, Target: all rows"},
			{Name: "images", Type: component.OutputDir, Doc: "folder of the images"},
			{Name: "file", Type: component.OutputFile, Doc: "the table of those that exist, in the same order; it may be the same file"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
		},
		ByUnit: results.WholeByUnit("file", func(n *component.Node, _ *component.Joined) error {
			s, err := newImageTable(n)
			if err == nil {
				s.Together()
				err = s.Open(context.Background())
			}
			if err != nil {
				return err
			}
			return s.Commit(context.Background())
		}),
		Build: func(n *component.Node) (component.Output, error) {
			s, err := newImageTable(n)
			if err != nil {
				return nil, err
			}
			flow.To(component.In[data.File](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

func newImageTable(n *component.Node) (*imageTable, error) {
	rows, err := table.Limit(n.Limits().MaxRows).ReadLabelled(n.Args.String("table"), n.Args.Int("classes"))
	if err != nil {
		return nil, err
	}
	return &imageTable{
		File: results.NewFile(n, n.Args.String("file"), results.Table("a table of samples", "Id", "Target")),
		rows: rows, images: n.Args.String("images"), graph: n.Graph, stage: n.Name,
	}, nil
}

type imageTable struct {
	*results.File
	rows   []table.Row
	images string
	there  map[string]bool // names of images
	graph  *flow.Graph
	stage  string
}

func (s *imageTable) Open(context.Context) (err error) {
	if err := s.File.Open(); err != nil {
		return err
	}
	if place.Remote(s.images) {
		s.there = map[string]bool{}
		names, err := place.Names(context.Background(), s.images)
		for _, name := range names {
			s.there[name] = true
		}
		return err
	}
	s.there, err = atomicfile.RegularFiles(s.images)
	if errors.Is(err, fs.ErrNotExist) {
		s.there, err = map[string]bool{}, nil
	}
	return err
}

func (s *imageTable) Write(_ context.Context, r flow.Record[data.File]) error {
	s.there[r.Value.Name] = true
	return nil
}

func (s *imageTable) Commit(context.Context) error {
	var exist []table.Row
	for _, r := range s.rows {
		if s.there[r.ID+".png"] {
			exist = append(exist, r)
		}
	}
	if err := s.Save(func(path string) error { return table.Write(path, exist) }); err != nil {
		return err
	}
	note := fmt.Sprintf("%s has %d of %d rows", filepath.Base(s.Path), len(exist), len(s.rows))
	if len(exist) < len(s.rows) {
		note += "; the images of the others are missing"
	}
	s.graph.Note(s.stage, note)
	return nil
}

func (s *imageTable) Abort() error { return nil }
