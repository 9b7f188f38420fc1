package hpa

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/hpa"
	"hpaflow/data/place"
	"hpaflow/data/shards"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func thereSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "hpa_image_table",
		Doc: "Write the rows of a table of the Atlas' images whose images are in a folder, as ID.png, ID.ome.tif, ID_CHANNEL.png of all " +
			"channels, or in shards, with all that the table says of them. It stands after the sinks that write them.",
		In: component.Takes(edges.Channels),
		Fields: []component.Field{
			{Name: "table", Type: component.InputFile, Doc: "CSV of all images, as hpa_table writes it"},
			{Name: "images", Type: component.OutputDir, Doc: "folder of the images"},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:], Doc: "the channels of a complete sample, where they are files of their own"},
			{Name: "file", Type: component.OutputFile, Doc: "the table of those that are there, in the same order"},
			{Name: "licence", Type: component.String, Default: "", Doc: "of images of which the table says none; empty: " + hpa.Licence},
		},
		ByUnit: results.WholeByUnit("file", func(n *component.Node, _ *component.Joined) error {
			s, err := newThere(n)
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
			s, err := newThere(n)
			if err != nil {
				return nil, err
			}
			flow.To(component.In[*data.Channels](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

func newThere(n *component.Node) (*there, error) {
	rows, _, err := hpa.ReadTable(n.Args.String("table"), table.Limit(n.Limits().MaxRows), data.MaxClasses)
	if err != nil {
		return nil, err
	}
	return &there{
		File: results.NewFile(n, n.Args.String("file"), results.Table("a table of the Atlas' images", "Id", "Target")),
		node: n, rows: rows,
	}, nil
}

// there is the images that there are.
type there struct {
	*results.File
	node *component.Node
	rows []hpa.Row
}

func (s *there) Open(context.Context) error { return s.File.Open() }

// Write has nothing to do: what is in the folder in the end counts.
func (s *there) Write(context.Context, flow.Record[*data.Channels]) error { return nil }

func (s *there) Commit(context.Context) error {
	have, err := s.have()
	if err != nil {
		return err
	}
	var rows []hpa.Row
	for _, r := range s.rows {
		if !have[r.ID()] {
			continue
		}
		r.Licence = cmp.Or(r.Licence, s.node.Args.String("licence"), hpa.Licence)
		rows = append(rows, r)
	}
	err = s.Save(func(path string) error {
		return atomicfile.Write(path, func(w io.Writer) error { return hpa.WriteTable(w, rows) })
	})
	if err == nil {
		s.node.Graph.Note(s.node.Name, fmt.Sprintf("%s has %d of %d rows; the images of the others are missing", s.Path, len(rows), len(s.rows)))
	}
	return err
}

// have are the Ids of the samples that are in the folder of images.
func (s *there) have() (map[string]bool, error) {
	dir := s.node.Args.String("images")
	names, err := place.Names(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	have, channels := map[string]bool{}, map[string]int{}
	for _, name := range names {
		if name == shards.IndexName {
			return s.packed(dir)
		}
		stem, ending, _ := strings.Cut(name, ".")
		if ending != "png" && ending != "ome.tif" {
			continue
		}
		have[stem] = true
		for _, channel := range s.node.Args.Strings("channels") {
			if id, is := strings.CutSuffix(stem, "_"+channel); is {
				channels[id]++
			}
		}
	}
	for id, n := range channels {
		if n == len(s.node.Args.Strings("channels")) {
			have[id] = true
		}
	}
	return have, nil
}

// packed are the Ids of the samples in shards.
func (s *there) packed(dir string) (map[string]bool, error) {
	r, err := shards.Open(dir, shards.Planes)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, e := range r.Entries() {
		have[e.Key] = true
	}
	return have, r.Close()
}

func (s *there) Abort() error { return nil }
