package report

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"hpaflow/data"
	"hpaflow/models/checkpoint"
)

// drawLabelScores draws F1 of each label in an epoch, a bar each for train and
// val, as a PNG. Beside a name stands how many samples of val have the label.
func drawLabelScores(e *checkpoint.EpochScores, names data.Names) ([]byte, error) {
	splits := e.Splits()
	shown := splits[len(splits)-1]
	p := newChart(fmt.Sprintf("F1 of each label after epoch %d; macro F1 on %s %.3f, of labels present %.3f", e.Epoch, shown.Name, shown.MacroF1, shown.MacroF1Present))
	p.Y.Label.Text = "F1"
	p.Y.Min, p.Y.Max = 0, 1.15
	p.Y.Tick.Marker = tenths{}
	var axis []string
	for label := range shown.F1 {
		axis = append(axis, fmt.Sprintf("%s (%d)", names.Of(label), supportOf(shown, label)))
	}
	labelAxis(p, axis)
	colours := map[string]color.Color{"train": testValColour, "val": valColour}
	width := vg.Points(9)
	for i, s := range splits {
		bars, err := plotter.NewBarChart(plotter.Values(s.F1), width)
		if err != nil {
			return nil, err
		}
		bars.Color, bars.LineStyle.Width = colours[s.Name], 0
		bars.Offset = width * vg.Length(2*i-len(splits)+1) / 2
		p.Add(bars)
		p.Legend.Add(s.Name, bars)
	}
	var b bytes.Buffer
	err := writeChart(&b, 13, 5.5, p)
	return b.Bytes(), err
}

func supportOf(s checkpoint.SplitScores, label int) int {
	if label < len(s.Support) {
		return s.Support[label]
	}
	return 0
}
