package sinks

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"hpaflow/models"
)

// drawLabelScores draws F1 of each label in an epoch, a bar each for train and
// val, as a PNG. Beside a name stands how many samples of val have the label.
func drawLabelScores(e *models.EpochScores, names labelNames) ([]byte, error) {
	splits := splitsOf(e)
	shown := splits[len(splits)-1]
	p := plot.New()
	p.Title.Text = fmt.Sprintf("F1 of each label after epoch %d; macro F1 on %s %.3f, of labels present %.3f", e.Epoch, shown.name, shown.MacroF1, shown.MacroF1Present)
	p.Title.Padding, p.Legend.Padding = vg.Points(6), vg.Points(3)
	p.Y.Label.Text = "F1"
	p.Y.Min, p.Y.Max = 0, 1.15
	p.Y.Tick.Marker = tenths{}
	p.X.Min, p.X.Max = -0.7, float64(len(shown.F1))-0.3
	p.X.Tick.Label.Rotation = math.Pi / 3
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter
	p.Legend.Top = true
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, color.Gray{Y: 225}
	p.Add(grid)

	var ticks plot.ConstantTicks
	for label := range shown.F1 {
		ticks = append(ticks, plot.Tick{Value: float64(label), Label: fmt.Sprintf("%s (%d)", names.of(label), supportOf(shown, label))})
	}
	p.X.Tick.Marker = ticks
	colours := map[string]color.Color{"train": testValColour, "val": valColour}
	width := vg.Points(9)
	for i, s := range splits {
		bars, err := plotter.NewBarChart(plotter.Values(s.F1), width)
		if err != nil {
			return nil, err
		}
		bars.Color, bars.LineStyle.Width = colours[s.name], 0
		bars.Offset = width * vg.Length(2*i-len(splits)+1) / 2
		p.Add(bars)
		p.Legend.Add(s.name, bars)
	}
	canvas := vgimg.NewWith(vgimg.UseWH(13*vg.Inch, 5.5*vg.Inch), vgimg.UseDPI(96), vgimg.UseBackgroundColor(color.White))
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(&b)
	return b.Bytes(), err
}

func supportOf(s splitScores, label int) int {
	if label < len(s.Support) {
		return s.Support[label]
	}
	return 0
}
