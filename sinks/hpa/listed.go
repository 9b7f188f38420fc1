package hpa

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"hpaflow/data/atomicfile"
	"hpaflow/data/hpa"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func listedSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "hpa_table",
		Doc: "Write a table of the images that the Atlas lists: Id (NUM_PLATE_WELL_FOV), Target, Gene, GeneName, Antibody, Reliability, " +
			"CellLine, Locations, URL, Release, Licence. An antibody of several genes has them all in one row. A location that no label " +
			"stands for leaves none; such are counted by name. A table that the same XML has made with the same settings is kept.",
		In: component.Takes(edges.Listed),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the table; it replaces one that is there"},
			{Name: "labels", Type: component.String, Default: hpa.Challenge2018.Name, Choices: hpa.LabelSets, Doc: "which labels stand for locations: hpa, the 28 of the challenge of 2018; hpa2021, the 19 of 2021"},
			{Name: "labelled", Type: component.Bool, Default: false, Doc: "whether images none of whose locations has a label are left out; else their Target is empty"},
			{Name: "release", Type: component.String, Default: "", Doc: "of the Atlas; empty: as its XML says"},
			{Name: "licence", Type: component.String, Default: "", Doc: "of the images, as https://www.proteinatlas.org/about/licence says of the release; empty: " + hpa.Licence},
		},
		Build: func(n *component.Node) (component.Output, error) {
			set, err := hpa.LabelSetOf(n.Args.String("labels"))
			if err != nil {
				return nil, err
			}
			flow.To(component.In[*hpa.Image](n, "in"), n.Stage(), &listed{
				File: results.NewFile(n, n.Args.String("file"), results.Table("a table of the Atlas' images", "Id", "Target")),
				node: n, rows: hpa.Rows{Set: set},
			})
			return nil, nil
		},
	}
}

// listed gathers rows, which are small, and writes them at the end.
type listed struct {
	*results.File
	node *component.Node
	rows hpa.Rows
	came bool
}

func (s *listed) Open(context.Context) error { return s.File.Open() }

// Complete says of all that a source lists, at once, whether the table has it.
func (s *listed) Complete(key string) bool { return key == edges.AllListed && s.Fresh() }

func (s *listed) Write(_ context.Context, r flow.Record[*hpa.Image]) error {
	image := *r.Value
	if release := s.node.Args.String("release"); release != "" {
		image.Release = release
	}
	s.came = true
	s.rows.Add(image, s.licence())
	return nil
}

func (s *listed) licence() string { return cmp.Or(s.node.Args.String("licence"), hpa.Licence) }

func (s *listed) Commit(context.Context) error {
	if !s.came && s.Fresh() {
		return nil
	}
	rows := s.rows.List()
	if s.node.Args.Bool("labelled") {
		kept := rows[:0:0]
		for _, r := range rows {
			if r.Labels != 0 {
				kept = append(kept, r)
			}
		}
		rows = kept
	}
	err := s.Save(func(path string) error {
		return atomicfile.Write(path, func(w io.Writer) error { return hpa.WriteTable(w, rows) })
	})
	if err == nil {
		s.tell(len(rows))
	}
	return err
}

// tell says what the table has, and what it cannot have.
func (s *listed) tell(rows int) {
	note := func(format string, args ...any) { s.node.Graph.Note(s.node.Name, fmt.Sprintf(format, args...)) }
	note("%s has %d images, under %s", s.Path, rows, s.licence())
	if s.rows.Again > 0 {
		note("images that another gene of the same antibody names again: %d", s.rows.Again)
	}
	if len(s.rows.Without) > 0 {
		note("locations without a label among %s, and the images that have them: %s", s.rows.Set.Name, s.rows.Without)
	}
	if left := len(s.rows.List()) - rows; left > 0 {
		note("images left out, for none of their locations has a label: %d", left)
	} else if s.rows.Bare > 0 {
		note("images none of whose locations has a label: %d", s.rows.Bare)
	}
}

func (s *listed) Abort() error { return nil }
