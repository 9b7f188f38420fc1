package report

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
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
func drawMistakes(worst []checkpoint.Mistake, epoch int, names data.Names) *image.NRGBA {
	rows := (len(worst) + mistakesInRow - 1) / mistakesInRow
	sheet := image.NewNRGBA(image.Rect(0, 0, Margin+mistakesInRow*(mistakeSide+Margin), headHeight+LineHeight+rows*mistakeHeight))
	draw.Draw(sheet, sheet.Bounds(), image.White, image.Point{}, draw.Src)
	Write(sheet, Margin, 2*Margin, Ink, fmt.Sprintf("The %d validation samples with the largest loss after epoch %d", len(worst), epoch))
	x := Margin
	for _, part := range []struct {
		text   string
		colour color.Color
	}{{"found", foundColour}, {"missed", missedColour}, {"found, but not there", falseColour}, {"with the probability given to it; red microtubules, green protein, blue nucleus, yellow reticulum", Faint}} {
		Write(sheet, x, 2*Margin+LineHeight, part.colour, part.text)
		x += 7*len(part.text) + 2*Margin
	}
	for i, m := range worst {
		drawMistake(sheet, Margin+i%mistakesInRow*(mistakeSide+Margin), headHeight+LineHeight+i/mistakesInRow*mistakeHeight, &m, names)
	}
	return sheet
}

func drawMistake(sheet *image.NRGBA, left, top int, m *checkpoint.Mistake, names data.Names) {
	place := image.Rect(left, top, left+mistakeSide, top+mistakeSide)
	draw.Draw(sheet, place, image.Black, image.Point{}, draw.Src)
	for y := range mistakeSide {
		for x := range mistakeSide {
			sheet.SetNRGBA(left+x, top+y, coloured(m.Thumb, x*m.Thumb.Width/mistakeSide, y*m.Thumb.Height/mistakeSide))
		}
	}
	top += mistakeSide + LineHeight - 2
	Write(sheet, left, top, Ink, fitted(m.Sample.ID))
	Write(sheet, left, top+LineHeight, Faint, fmt.Sprintf("loss %.4f", m.Loss))
	for i, label := range captioned(m) {
		there, found := m.Sample.Labels.Has(label), m.Probabilities[label] > .5
		colour := falseColour
		switch {
		case there && found:
			colour = foundColour
		case there:
			colour = missedColour
		}
		Write(sheet, left, top+(2+i)*LineHeight, colour, fitted(fmt.Sprintf("%.2f %s", m.Probabilities[label], names.Of(label))))
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

// coloured is a pixel of up to four planes as a screen shows it: red, green and
// blue, and yellow as a third of it in red and in green.
func coloured(im *data.Image, x, y int) color.NRGBA {
	var v [4]int
	for c, p := range im.Planes {
		v[c] = int(p.U8[y*im.Width+x])
	}
	if len(im.Planes) < 3 {
		v[1], v[2] = v[0], v[0]
	}
	return color.NRGBA{R: uint8(min(255, v[0]+v[3]/3)), G: uint8(min(255, v[1]+v[3]/3)), B: uint8(v[2]), A: 255}
}

// fitted fits a text below a picture.
func fitted(text string) string {
	const most = mistakeSide / 7
	if len(text) > most {
		return text[:most-2] + ".."
	}
	return text
}
