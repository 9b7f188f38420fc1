package cells

import (
	"context"
	"slices"

	"hpaflow/data"
	"hpaflow/data/cells"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func cellsSheetSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "cells_sheet",
		Doc: "Draw planned cells as one PNG to look at: a row a label, with the samples that have it and the fewest others besides, in red, green and blue.",
		In:  component.Takes(edges.PlannedCells),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the picture"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[cells.Planned](n, "in"), n.Stage(), &cellsSheet{File: results.NewFile(n, n.Args.String("file"), results.Picture)})
			return nil, nil
		},
	}
}

// sheetColumns are the samples a label is shown by.
const sheetColumns = 8

// cellsSheet keeps, for each label, the samples with the fewest labels, the
// first of equals. They are drawn at the end.
type cellsSheet struct {
	*results.File
	rows [data.MaxClasses][]cells.Planned
}

func (s *cellsSheet) Open(context.Context) error { return s.File.Open() }

func (s *cellsSheet) Write(_ context.Context, r flow.Record[cells.Planned]) error {
	for _, n := range r.Value.Labels.Numbers() {
		row := s.rows[n]
		at := len(row)
		for at > 0 && row[at-1].Labels.Len() > r.Value.Labels.Len() {
			at--
		}
		if at < sheetColumns {
			row = slices.Insert(row, at, r.Value)
			s.rows[n] = row[:min(len(row), sheetColumns)]
		}
	}
	return nil
}

func (s *cellsSheet) Commit(context.Context) error {
	height := report.Margin
	for _, row := range s.rows {
		if row != nil {
			height += cellsRowHeight
		}
	}
	sheet := report.NewSheet(report.Margin+sheetColumns*(report.TileSide+report.Margin), height)
	top := report.Margin
	for n, row := range s.rows {
		if row == nil {
			continue
		}
		sheet.Text(report.Margin, top+report.LineHeight-2, report.Ink, data.LabelNames.List(data.LabelsOf(n)))
		for i, p := range row {
			im, err := cells.Field(p.Seed, report.TileSide, p.Labels)
			if err != nil {
				return err
			}
			im.Planes = im.Planes[:3] // yellow would hide the others
			left, picture := report.Margin+i*(report.TileSide+report.Margin), top+report.LineHeight+4
			sheet.Picture(left, picture, report.TileSide, report.Composite(im))
			sheet.Text(left, picture+report.TileSide+report.LineHeight-2, report.Faint, p.Labels.String())
		}
		top += cellsRowHeight
	}
	return s.File.Write(sheet.Encode)
}

func (s *cellsSheet) Abort() error { return nil }

const cellsRowHeight = report.LineHeight + 4 + report.TileSide + report.LineHeight + report.Margin
