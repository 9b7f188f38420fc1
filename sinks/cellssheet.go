package sinks

import (
	"context"
	"image"
	"image/draw"
	"image/png"
	"io"
	"slices"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/cells"
	"hpaflow/flow"
	"hpaflow/ops/edges"
)

func cellsSheetSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindSink, Name: "cells_sheet",
		Doc: "Draw planned cells as one PNG to look at: a row a label, with the samples that have it and the fewest others besides, in red, green and blue.",
		In:  flow.Takes(edges.PlannedCells),
		Fields: []flow.Field{
			{Name: "file", Type: flow.OutputFile, Doc: "the picture"},
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			flow.To(flow.In[cells.Planned](n, "in"), n.Stage(), &cellsSheet{file: n.Args.String("file")})
			return nil, nil
		},
	}
}

// sheetColumns are the samples a label is shown by.
const sheetColumns = 8

// cellsSheet keeps, for each label, the samples with the fewest labels, the
// first of equals. They are drawn at the end.
type cellsSheet struct {
	file string
	rows [data.MaxClasses][]cells.Planned
}

func (s *cellsSheet) Open(context.Context) error { return atomicfile.Prepare(s.file) }

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
	height := margin
	for _, row := range s.rows {
		if row != nil {
			height += cellsRowHeight
		}
	}
	sheet := image.NewNRGBA(image.Rect(0, 0, margin+sheetColumns*(tileSide+margin), height))
	draw.Draw(sheet, sheet.Bounds(), image.White, image.Point{}, draw.Src)
	top := margin
	for n, row := range s.rows {
		if row == nil {
			continue
		}
		write(sheet, margin, top+lineHeight-2, ink, named(data.LabelsOf(n)))
		for i, p := range row {
			left := margin + i*(tileSide+margin)
			place := image.Rect(left, top+lineHeight+4, left+tileSide, top+lineHeight+4+tileSide)
			tile, err := cellsTile(p)
			if err != nil {
				return err
			}
			draw.Draw(sheet, place, tile, image.Point{}, draw.Src)
			write(sheet, left, place.Max.Y+lineHeight-2, faint, p.Labels.String())
		}
		top += cellsRowHeight
	}
	return atomicfile.Write(s.file, func(w io.Writer) error { return png.Encode(w, sheet) })
}

func (s *cellsSheet) Abort() error { return nil }

const cellsRowHeight = lineHeight + 4 + tileSide + lineHeight + margin

// cellsTile draws a sample at the size of a tile.
func cellsTile(p cells.Planned) (*image.NRGBA, error) {
	im, err := cells.Field(p.Seed, tileSide, p.Labels)
	if err != nil {
		return nil, err
	}
	tile := image.NewNRGBA(image.Rect(0, 0, tileSide, tileSide))
	for i := range tileSide * tileSide {
		for c := range 3 {
			tile.Pix[4*i+c] = im.Planes[c].U8[i]
		}
		tile.Pix[4*i+3] = 255
	}
	return tile, nil
}
