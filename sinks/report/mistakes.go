package report

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"hpaflow/data"
	"hpaflow/models/checkpoint"
)

// The measures of a sheet of mistakes, in pixels. A caption has a line for the
// Id, one for the loss, and one for each of captionLabels labels.
const (
	mistakeSide   = 192
	mistakesInRow = 6
	captionLabels = 4
	mistakeHeight = mistakeSide + (2+captionLabels)*LineHeight + Margin
)

var (
	missedColour = color.NRGBA{R: 178, G: 40, B: 30, A: 255} // a label that is there and was not found
	falseColour  = color.NRGBA{R: 190, G: 120, B: 0, A: 255} // a label that was found and is not there
	foundColour  = color.NRGBA{R: 20, G: 110, B: 60, A: 255} // a label that was found and is there
)

// drawMistakes draws the samples in colour, with the labels that they have or
// that the network gives them, and how likely it thinks each to be.
func drawMistakes(worst []checkpoint.Mistake, epoch int, names data.Names, preview []string) Sheet {
	shown := previewOf(preview, worst[0].Sample.Planes, len(worst[0].Thumb.Planes))
	rows := (len(worst) + mistakesInRow - 1) / mistakesInRow
	sheet := NewSheet(Margin+mistakesInRow*(mistakeSide+Margin), headHeight+LineHeight+rows*mistakeHeight)
	sheet.Text(Margin, 2*Margin, Ink, fmt.Sprintf("The %d validation samples with the largest loss after epoch %d", len(worst), epoch))
	x := Margin
	for _, part := range []struct {
		text   string
		colour color.Color
	}{{"found", foundColour}, {"missed", missedColour}, {"found, but not there", falseColour}, {"with the probability given to it; " + shown.String(), Faint}} {
		sheet.Text(x, 2*Margin+LineHeight, part.colour, part.text)
		x += letterWidth*len(part.text) + 2*Margin
	}
	for i, m := range worst {
		drawMistake(sheet, Margin+i%mistakesInRow*(mistakeSide+Margin), headHeight+LineHeight+i/mistakesInRow*mistakeHeight, &m, names, shown)
	}
	return sheet
}

// DrawExample draws a sample with its labels and what the network makes of it.
func DrawExample(m *checkpoint.Mistake, names data.Names) Sheet {
	sheet := NewSheet(mistakeSide, mistakeHeight)
	drawMistake(sheet, 0, 0, m, names, previewOf(nil, m.Sample.Planes, len(m.Thumb.Planes)))
	return sheet
}

func drawMistake(sheet Sheet, left, top int, m *checkpoint.Mistake, names data.Names, shown Preview) {
	sheet.Picture(left, top, mistakeSide, shown.Composite(m.Thumb))
	top += mistakeSide + LineHeight - 2
	sheet.Text(left, top, Ink, shortened(m.Sample.ID, mistakeSide))
	sheet.Text(left, top+LineHeight, Faint, fmt.Sprintf("loss %.4f", m.Loss))
	for i, label := range captioned(m) {
		there, found := m.Sample.Labels.Has(label), m.Probabilities[label] > .5
		colour := falseColour
		switch {
		case there && found:
			colour = foundColour
		case there:
			colour = missedColour
		}
		sheet.Text(left, top+(2+i)*LineHeight, colour, shortened(fmt.Sprintf("%.2f %s", m.Probabilities[label], names.Of(label)), mistakeSide))
	}
}

// captioned are the labels of a mistake that its caption has room for: those it
// has and those it was given, the most surprising first.
func captioned(m *checkpoint.Mistake) []int {
	var list []int
	surprise := map[int]float32{}
	for label, p := range m.Probabilities {
		there := m.Sample.Labels.Has(label)
		if there || p > .5 {
			list = append(list, label)
		}
		if surprise[label] = p; there {
			surprise[label] = 1 - p
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(surprise[b], surprise[a]) })
	return list[:min(len(list), captionLabels)]
}
