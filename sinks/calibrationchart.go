package sinks

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"hpaflow/models/metrics"
)

// drawCalibration draws F1 of each label as a bar and its threshold as a
// point, as a PNG.
func drawCalibration(w io.Writer, c *metrics.Calibration) error {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("Macro F1 %.3f, of labels present %.3f, on %d samples", c.Result.MacroF1, c.Result.MacroF1Present, c.Result.Samples)
	p.Title.Padding = vg.Points(6)
	p.Y.Label.Text = "F1"
	p.Y.Min, p.Y.Max = 0, 1.12
	p.X.Min, p.X.Max = -0.7, float64(len(c.Thresholds))-0.3
	p.X.Tick.Label.Rotation = math.Pi / 3
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter

	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, color.Gray{Y: 225}
	p.Add(grid)
	var ticks plot.ConstantTicks
	var points plotter.XYs
	for n, t := range c.Thresholds {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: fmt.Sprintf("%s (%d)", labelName(n), t.Present)})
		if t.Present > 0 {
			points = append(points, plotter.XY{X: float64(n), Y: t.Value})
		}
	}
	p.X.Tick.Marker = ticks
	p.Y.Tick.Marker = tenths{}
	bars, err := plotter.NewBarChart(plotter.Values(c.Result.F1), vg.Points(18))
	if err != nil {
		return err
	}
	bars.Color, bars.LineStyle.Width = valColour, 0
	p.Add(bars)
	p.Legend.Add("F1", bars)
	if len(points) > 0 {
		scatter, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = draw.GlyphStyle{Color: testValColour, Radius: vg.Points(3), Shape: draw.SquareGlyph{}}
		p.Add(scatter)
		p.Legend.Add("threshold", scatter)
	}
	p.Legend.Top, p.Legend.Padding, p.Legend.XOffs = true, vg.Points(3), -vg.Points(8)
	canvas := vgimg.NewWith(vgimg.UseWH(13*vg.Inch, 6*vg.Inch), vgimg.UseDPI(96), vgimg.UseBackgroundColor(color.White))
	p.Draw(draw.New(canvas))
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

// tenths are ticks at every tenth of 0..1.
type tenths struct{}

func (tenths) Ticks(float64, float64) (ticks []plot.Tick) {
	for i := range 11 {
		ticks = append(ticks, plot.Tick{Value: float64(i) / 10, Label: fmt.Sprintf("%.1f", float64(i)/10)})
	}
	return ticks
}
