package report

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hpaflow/data"
	"hpaflow/data/split"
)

// DrawShares draws the shares as points over labels, as a PNG. Points of a
// perfect split lie on two lines.
func DrawShares(w io.Writer, labels []split.Shares, all split.Shares, known data.Names) error {
	p := newChart(fmt.Sprintf("Share of each label, %d samples", all.Samples))
	p.Y.Label.Text = "share of the label's samples"
	p.Y.Min, p.Y.Max = 0, 1.5*all.EvenVal()
	p.Y.Tick.Marker = shareTicks{}
	var names []string
	var vals, testVals plotter.XYs
	for label, s := range labels {
		names = append(names, fmt.Sprintf("%s (%d)", known.Of(label), s.Samples))
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
	labelAxis(p, names)
	for _, even := range []float64{all.EvenVal(), all.EvenTestVal()} {
		if _, err := addLevel(p, even); err != nil {
			return err
		}
	}
	style := draw.GlyphStyle{Color: valColour, Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}
	if err := addPoints(p, fmt.Sprintf("val 0..%d, left to right", len(all.Val)-1), vals, style); err != nil {
		return err
	}
	style.Color, style.Shape = testValColour, draw.BoxGlyph{}
	if err := addPoints(p, "test_val", testVals, style); err != nil {
		return err
	}
	return writeChart(w, 13, 6.5, p)
}

// shareTicks are at every twentieth, or at every tenth where these are many.
type shareTicks struct{}

func (shareTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	parts := 20.0
	if most-least > 0.6 {
		parts = 10
	}
	for i := math.Ceil(parts * least); i <= parts*most; i++ {
		ticks = append(ticks, plot.Tick{Value: i / parts, Label: fmt.Sprintf("%.2f", i/parts)})
	}
	return ticks
}
