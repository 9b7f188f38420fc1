package embed

import (
	"bytes"
	"context"
	_ "embed" // the page's template
	"encoding/base64"
	"encoding/csv"
	"html/template"
	"io"
	"path/filepath"
	"strconv"

	"hpaflow/data/atomicfile"
	"hpaflow/data/embed"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func mapSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "embedding_map",
		Doc: "Draw embeddings by their first two principal components, coloured by location: DIR/embeddings.png, with the places in embeddings.csv " +
			"(id, location, x, y), and report.html, a page of both that needs no other file. Of very many cells some are drawn by lot, always the same.",
		In: component.Takes(edges.Embedded),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the files, made if need be"},
			{Name: "most", Type: component.Int, Default: 10000, Min: 2, Max: 1 << 17, Doc: "cells that are drawn, at most"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			dir := n.Args.String("dir")
			s := &mapSink{dir: dir, cells: embed.Drawn{Most: n.Args.Int("most")}, graph: n.Graph, stage: n.Name}
			s.File = results.NewFile(n, filepath.Join(dir, "embeddings.csv"), results.Table("a table of places", "id", "location", "x", "y"))
			s.With(filepath.Join(dir, "embeddings.png"), results.Picture).With(filepath.Join(dir, "report.html"), page)
			flow.To(component.In[*embed.Row](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

var page = results.Kind{Name: "a report on embeddings", Is: func(head []byte) bool { return bytes.Contains(head, []byte("<title>hpaflow: embeddings</title>")) }}

//go:embed map.html
var mapTemplate string

var mapPage = template.Must(template.New("map").Parse(mapTemplate))

type mapSink struct {
	*results.File
	dir   string
	cells embed.Drawn
	graph *flow.Graph
	stage string
}

func (s *mapSink) Open(context.Context) error { return s.File.Open() }

func (s *mapSink) Write(_ context.Context, r flow.Record[*embed.Row]) error {
	s.cells.Add(r.Value)
	return nil
}

func (s *mapSink) Commit(context.Context) error {
	if s.Kept() {
		return nil
	}
	m := s.cells.Map()
	if len(m.Points) == 0 {
		return nil
	}
	var picture bytes.Buffer
	if err := report.DrawEmbeddings(&picture, m); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		fill func(io.Writer) error
	}{
		{"embeddings.png", func(w io.Writer) error { _, err := w.Write(picture.Bytes()); return err }},
		{"report.html", func(w io.Writer) error {
			return mapPage.Execute(w, map[string]any{
				"Cells": m.Cells, "Drawn": len(m.Points), "Locations": report.CountLocations(m),
				"Picture": template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture.Bytes())),
			})
		}},
		{"embeddings.csv", func(w io.Writer) error { return writePlaces(w, m) }},
	} {
		if err := atomicfile.Write(filepath.Join(s.dir, f.name), f.fill); err != nil {
			return err
		}
	}
	return s.Record()
}

func (s *mapSink) Abort() error { return nil }

func writePlaces(w io.Writer, m *embed.Map) error {
	out := csv.NewWriter(w)
	out.Write([]string{"id", "location", "x", "y"})
	for _, p := range m.Points {
		out.Write([]string{p.ID, p.Location, strconv.FormatFloat(p.X, 'g', 6, 64), strconv.FormatFloat(p.Y, 'g', 6, 64)})
	}
	out.Flush()
	return out.Error()
}
