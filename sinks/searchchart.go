package sinks

import (
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"hpaflow/data/search"
)

// drawSearch draws the trials' scores as points by number, those that are kept
// as squares, and the base's as a line, as a PNG.
func drawSearch(w io.Writer, results []search.Result, keep int) error {
	kept := map[int]bool{}
	for _, r := range search.Kept(results, keep) {
		kept[r.Trial.Number] = true
	}
	p := plot.New()
	p.Title.Text = fmt.Sprintf("Search for a policy: %d trials", len(results))
	p.X.Label.Text, p.Y.Label.Text = "trial", "score"
	p.Title.Padding, p.Legend.Padding = vg.Points(6), vg.Points(3)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, 0.5, 0, 0.01
	p.X.Tick.Marker = epochTicks{}
	p.Legend.Top = true
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, color.Gray{Y: 225}
	p.Add(grid)
	var keptPoints, others plotter.XYs
	base := -1.0
	for _, r := range search.Rank(results) {
		p.X.Max = max(p.X.Max, float64(r.Trial.Number)+0.5)
		p.Y.Max = max(p.Y.Max, 1.25*r.Score)
		point := plotter.XY{X: float64(r.Trial.Number), Y: r.Score}
		switch {
		case r.Trial.IsBase():
			base = r.Score
		case r.Diverged:
		case kept[r.Trial.Number]:
			keptPoints = append(keptPoints, point)
		default:
			others = append(others, point)
		}
	}
	if base >= 0 {
		line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: base}, {X: p.X.Max, Y: base}})
		if err != nil {
			return err
		}
		line.Color, line.Dashes = evenColour, []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(line)
		p.Legend.Add("base, no policy", line)
	}
	for _, series := range []struct {
		name   string
		points plotter.XYs
		style  draw.GlyphStyle
	}{
		{"kept", keptPoints, draw.GlyphStyle{Color: testValColour, Radius: vg.Points(4), Shape: draw.BoxGlyph{}}},
		{"others", others, draw.GlyphStyle{Color: valColour, Radius: vg.Points(3), Shape: draw.CircleGlyph{}}},
	} {
		if len(series.points) == 0 {
			continue
		}
		scatter, err := plotter.NewScatter(series.points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = series.style
		p.Add(scatter)
		p.Legend.Add(series.name, scatter)
	}
	canvas := vgimg.NewWith(vgimg.UseWH(10*vg.Inch, 5*vg.Inch), vgimg.UseDPI(96), vgimg.UseBackgroundColor(color.White))
	p.Draw(draw.New(canvas))
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}
