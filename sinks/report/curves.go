package report

import (
	"bytes"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hpaflow/models/checkpoint"
)

// curve is one line of a plot, a point an epoch.
type curve struct {
	name   string
	colour color.Color
	dashed bool
	value  func(*checkpoint.EpochScores) (float64, bool)
}

func trainCurve(name string, dashed bool, value func(s checkpoint.SplitScores) float64) curve {
	return curve{name, testValColour, dashed, func(e *checkpoint.EpochScores) (float64, bool) { return value(e.Splits()[0]), true }}
}

func valCurve(name string, dashed bool, value func(s checkpoint.SplitScores) float64) curve {
	return curve{name, valColour, dashed, func(e *checkpoint.EpochScores) (float64, bool) {
		if e.Val == nil {
			return 0, false
		}
		return value(e.Splits()[1]), true
	}}
}

// drawCurves draws loss and macro F1 over epochs side by side, as a PNG.
func drawCurves(history []checkpoint.EpochScores) ([]byte, error) {
	loss := func(s checkpoint.SplitScores) float64 { return s.Loss }
	all := func(s checkpoint.SplitScores) float64 { return s.MacroF1 }
	present := func(s checkpoint.SplitScores) float64 { return s.MacroF1Present }
	left, err := plotCurves(history, "Loss", []curve{trainCurve("train", false, loss), valCurve("val", false, loss)})
	if err != nil {
		return nil, err
	}
	left.Y.Min, left.Y.Max = 0, 1.2*left.Y.Max
	right, err := plotCurves(history, "Macro F1", []curve{
		trainCurve("train, all labels", false, all), trainCurve("train, labels present", true, present),
		valCurve("val, all labels", false, all), valCurve("val, labels present", true, present),
	})
	if err != nil {
		return nil, err
	}
	right.Y.Min, right.Y.Max = 0, 1.3 // room for the legend above what can be reached
	right.Y.Tick.Marker = tenths{}

	var b bytes.Buffer
	err = writeChart(&b, 13, 4.5, left, right)
	return b.Bytes(), err
}

func plotCurves(history []checkpoint.EpochScores, title string, curves []curve) (*plot.Plot, error) {
	p := newChart(title)
	p.X.Label.Text = "epoch"
	first, last := float64(history[0].Epoch), float64(history[len(history)-1].Epoch)
	p.X.Min, p.X.Max = first-0.5, last+0.5
	p.X.Tick.Marker = wholeNumbers{}
	for _, c := range curves {
		var points plotter.XYs
		for i := range history {
			if v, ok := c.value(&history[i]); ok {
				points = append(points, plotter.XY{X: float64(history[i].Epoch), Y: v})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = c.colour, vg.Points(1.8)
		dots.GlyphStyle = draw.GlyphStyle{Color: c.colour, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}
		if c.dashed {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		p.Add(line, dots)
		p.Legend.Add(c.name, line, dots)
	}
	return p, nil
}
