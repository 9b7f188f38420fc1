package duplicates

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"hpaflow/data/duplicates"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func contactSheetSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "contact_sheet",
		Doc: "Draw groups of two images or more as one PNG, the largest groups first, a row each: three channels in " +
			"colour where all three lie beside the hashed file, else that file in grey; below them Id and labels.",
		In: component.Takes(edges.Group),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the picture"},
			{Name: "title", Type: component.String, Default: "duplicates", Doc: "what stands above it"},
			report.PreviewField,
			{Name: "groups", Type: component.Int, Default: 40, Min: 1, Max: 200, Doc: "groups that are drawn, at most"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			if err := report.CheckPreview(n.Args.Strings("preview"), nil); err != nil {
				return nil, err
			}
			s := &contactSheet{
				preview: n.Args.Strings("preview"),
				File:    results.NewFile(n, n.Args.String("file"), results.Picture), title: n.Args.String("title"), most: n.Args.Int("groups"),
			}
			flow.To(component.In[*duplicates.Group](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// contactSheet keeps the groups that are worth drawing.
type contactSheet struct {
	*results.File
	title   string
	most    int
	preview []string // channels
	groups  []*duplicates.Group
}

func (s *contactSheet) Open(context.Context) error { return s.File.Open() }

func (s *contactSheet) Write(_ context.Context, r flow.Record[*duplicates.Group]) error {
	if len(r.Value.Images) > 1 {
		s.groups = append(s.groups, r.Value)
	}
	return nil
}

func (s *contactSheet) Commit(context.Context) error {
	found := len(s.groups)
	slices.SortStableFunc(s.groups, func(a, b *duplicates.Group) int { return cmp.Compare(len(b.Images), len(a.Images)) })
	s.groups = s.groups[:min(found, s.most)]
	title := fmt.Sprintf("%s: %d groups", s.title, found)
	switch {
	case found == 0:
		title = s.title + ": none found"
	case found > len(s.groups):
		title += fmt.Sprintf(", the %d largest", len(s.groups))
	}
	return s.File.Write(report.DrawGroups(title, s.groups, s.preview).Encode)
}

func (s *contactSheet) Abort() error { return nil }
