package report

import (
	"fmt"
	"io"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hpaflow/data/search"
)

// DrawSearch draws the trials' scores as points by number, those that are kept
// as squares, and the base's as a line, as a PNG.
func DrawSearch(w io.Writer, results []search.Result, keep int) error {
	kept := map[int]bool{}
	for _, r := range search.Kept(results, keep) {
		kept[r.Trial.Number] = true
	}
	p := newChart(fmt.Sprintf("Search for a policy: %d trials", len(results)))
	p.X.Label.Text, p.Y.Label.Text = "trial", "score"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, 0.5, 0, 0.01
	p.X.Tick.Marker = wholeNumbers{}
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
		line, err := addLevel(p, base)
		if err != nil {
			return err
		}
		p.Legend.Add("base, no policy", line)
	}
	keptStyle := draw.GlyphStyle{Color: testValColour, Radius: vg.Points(4), Shape: draw.BoxGlyph{}}
	if err := addPoints(p, "kept", keptPoints, keptStyle); err != nil {
		return err
	}
	style := draw.GlyphStyle{Color: valColour, Radius: vg.Points(3), Shape: draw.CircleGlyph{}}
	if err := addPoints(p, "others", others, style); err != nil {
		return err
	}
	return writeChart(w, 10, 5, p)
}
