package crops

import (
	"context"
	"image"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func sampleSheetSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "sample_sheet",
		Doc: "Draw the first samples that arrive as one PNG to look at: red, green, blue, and yellow as a third of it in red and green, each sample " +
			"as bright as its brightest pixel. A run in which none arrives leaves the sheet that is there.",
		In: component.Takes(edges.Planes),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the picture"},
			{Name: "most", Type: component.Int, Default: 64, Min: 1, Max: 1 << 10, Doc: "samples that are shown, at most"},
			{Name: "columns", Type: component.Int, Default: 8, Min: 1, Max: 32, Doc: "of samples"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[*data.Sample](n, "in"), n.Stage(), &sampleSheet{
				File: results.NewFile(n, n.Args.String("file"), results.Picture), most: n.Args.Int("most"), columns: n.Args.Int("columns"),
			})
			return nil, nil
		},
	}
}

// sampleSheet keeps small pictures of the first samples, which are drawn at the
// end.
type sampleSheet struct {
	*results.File
	most, columns int
	tiles         []tile
}

type tile struct {
	id      string
	picture image.Image
}

func (s *sampleSheet) Open(context.Context) error { return s.File.Open() }

func (s *sampleSheet) Write(_ context.Context, r flow.Record[*data.Sample]) error {
	if len(s.tiles) == s.most {
		return nil
	}
	im, err := r.Value.Pixels()
	if err != nil {
		return err
	}
	picture := report.NewSheet(report.TileSide, report.TileSide)
	picture.Fill(0, 0, report.TileSide, image.Black.C)
	picture.Picture(0, 0, report.TileSide, report.Composite(report.LitUp(im)))
	s.tiles = append(s.tiles, tile{r.Value.ID, picture})
	return nil
}

const tileHeight = report.TileSide + report.LineHeight + report.Margin

func (s *sampleSheet) Commit(context.Context) error {
	if len(s.tiles) == 0 {
		return nil
	}
	columns := min(s.columns, len(s.tiles))
	rows := (len(s.tiles) + columns - 1) / columns
	sheet := report.NewSheet(report.Margin+columns*(report.TileSide+report.Margin), report.Margin+rows*tileHeight)
	for i, t := range s.tiles {
		left, top := report.Margin+i%columns*(report.TileSide+report.Margin), report.Margin+i/columns*tileHeight
		sheet.Picture(left, top, report.TileSide, t.picture)
		sheet.Text(left, top+report.TileSide+report.LineHeight-2, report.Faint, report.Tail(t.id, report.TileSide))
	}
	return s.File.Write(sheet.Encode)
}

func (s *sampleSheet) Abort() error { return nil }
