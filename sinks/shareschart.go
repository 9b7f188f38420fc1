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

	"hpaflow/data"
	"hpaflow/data/split"
)

var (
	valColour     = color.NRGBA{R: 31, G: 119, B: 180, A: 200}
	testValColour = color.NRGBA{R: 214, G: 96, B: 24, A: 255}
	evenColour    = color.NRGBA{R: 120, G: 120, B: 120, A: 255}
)

// drawShares draws the shares as points over labels, as a PNG. Points of a
// perfect split lie on two lines.
func drawShares(w io.Writer, labels []split.Shares, all split.Shares) error {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("Share of each label, %d samples", all.Samples)
	p.Y.Label.Text = "share of the label's samples"
	p.Y.Min, p.Y.Max = 0, 1.5*all.EvenVal()
	p.X.Min, p.X.Max = -0.7, float64(len(labels))-0.3
	p.X.Tick.Marker = labelTicks(labels)
	p.X.Tick.Label.Rotation = math.Pi / 3
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter
	p.Y.Tick.Marker = shareTicks{}
	p.Title.Padding = vg.Points(6)
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(3)

	grid := plotter.NewGrid()
	grid.Vertical.Color = color.Gray{Y: 235}
	grid.Horizontal.Color = color.Gray{Y: 235}
	p.Add(grid)
	for _, even := range []float64{all.EvenVal(), all.EvenTestVal()} {
		line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: even}, {X: p.X.Max, Y: even}})
		if err != nil {
			return err
		}
		line.Color, line.Dashes = evenColour, []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(line)
	}

	var vals, testVals plotter.XYs
	for label, s := range labels {
		if s.Samples == 0 {
			continue
		}
		for k, share := range s.Val {
			beside := 0.5 * (float64(k) - float64(len(s.Val)-1)/2) / float64(len(s.Val))
			vals = append(vals, plotter.XY{X: float64(label) + beside, Y: share})
			p.Y.Max = max(p.Y.Max, 1.1*share)
		}
		testVals = append(testVals, plotter.XY{X: float64(label), Y: s.TestVal})
		p.Y.Max = max(p.Y.Max, 1.1*s.TestVal)
	}
	for _, series := range []struct {
		name   string
		points plotter.XYs
		colour color.Color
		shape  draw.GlyphDrawer
	}{
		{fmt.Sprintf("val 0..%d, left to right", len(all.Val)-1), vals, valColour, draw.CircleGlyph{}},
		{"test_val", testVals, testValColour, draw.SquareGlyph{}},
	} {
		scatter, err := plotter.NewScatter(series.points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = draw.GlyphStyle{Color: series.colour, Radius: vg.Points(2.5), Shape: series.shape}
		p.Add(scatter)
		p.Legend.Add(series.name, scatter)
	}
	canvas := vgimg.NewWith(vgimg.UseWH(13*vg.Inch, 6.5*vg.Inch), vgimg.UseDPI(96), vgimg.UseBackgroundColor(color.White))
	p.Draw(draw.New(canvas))
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

// shareTicks are at every twentieth.
type shareTicks struct{}

func (shareTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	for i := math.Ceil(20 * least); i <= 20*most; i++ {
		ticks = append(ticks, plot.Tick{Value: i / 20, Label: fmt.Sprintf("%.2f", i/20)})
	}
	return ticks
}

// labelTicks writes name and count below each label.
func labelTicks(labels []split.Shares) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for label, s := range labels {
		ticks = append(ticks, plot.Tick{Value: float64(label), Label: fmt.Sprintf("%s (%d)", data.LabelNames[label], s.Samples)})
	}
	return ticks
}
