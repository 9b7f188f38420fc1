package report

import (
	"fmt"
	"io"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hpaflow/data"
	"hpaflow/data/metrics"
)

// DrawCalibration draws F1 of each label as a bar and its threshold as a
// point, as a PNG.
func DrawCalibration(w io.Writer, c *metrics.Calibration, of data.Names) error {
	p := newChart(fmt.Sprintf("F1 and threshold of each label; macro F1 %.3f, of labels present %.3f, on %d samples", c.Result.MacroF1, c.Result.MacroF1Present, c.Result.Samples))
	p.Y.Label.Text = "F1"
	p.Y.Min, p.Y.Max = 0, 1.12
	p.Y.Tick.Marker = tenths{}
	var names []string
	var points plotter.XYs
	for n, t := range c.Thresholds {
		names = append(names, fmt.Sprintf("%s (%d)", of.Of(n), t.Present))
		if t.Present > 0 {
			points = append(points, plotter.XY{X: float64(n), Y: t.Value})
		}
	}
	labelAxis(p, names)
	bars, err := plotter.NewBarChart(plotter.Values(c.Result.F1), vg.Points(18))
	if err != nil {
		return err
	}
	bars.Color, bars.LineStyle.Width = valColour, 0
	p.Add(bars)
	p.Legend.Add("F1", bars)
	style := draw.GlyphStyle{Color: testValColour, Radius: vg.Points(3), Shape: draw.BoxGlyph{}}
	if err := addPoints(p, "threshold", points, style); err != nil {
		return err
	}
	return writeChart(w, 13, 6, p)
}
