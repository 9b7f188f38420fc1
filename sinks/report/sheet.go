package report

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The measures of sheets, in pixels.
const (
	Margin     = 12
	LineHeight = 14
	TileSide   = 140

	letterWidth = 7
	headHeight  = 3 * Margin
)

// The colours of text.
var (
	Ink   = color.Gray{Y: 20}
	Faint = color.Gray{Y: 120}
)

// Sheet is a picture made of pictures and lines of text, on white.
type Sheet struct{ *image.NRGBA }

// NewSheet is an empty sheet.
func NewSheet(width, height int) Sheet { return Sheet{imaging.New(width, height, color.White)} }

// Text writes a line that begins at x and stands on y.
func (s Sheet) Text(x, y int, c color.Color, text string) {
	d := font.Drawer{Dst: s.NRGBA, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// Picture shows a whole picture in the middle of a square, as large as fits:
// made smaller smoothly, or larger by repeating pixels, so that one sees them.
func (s Sheet) Picture(x, y, side int, im image.Image) {
	width, height := im.Bounds().Dx(), im.Bounds().Dy()
	filter := imaging.Lanczos
	if max(width, height) < side {
		filter = imaging.NearestNeighbor
	}
	if width > height {
		width, height = side, 0 // 0 keeps the picture's shape
	} else {
		width, height = 0, side
	}
	fitted := imaging.Resize(im, width, height, filter)
	left, top := x+(side-fitted.Bounds().Dx())/2, y+(side-fitted.Bounds().Dy())/2
	draw.Draw(s.NRGBA, fitted.Bounds().Add(image.Pt(left, top)), fitted, image.Point{}, draw.Src)
}

// Fill paints a square.
func (s Sheet) Fill(x, y, side int, c color.Color) {
	draw.Draw(s.NRGBA, image.Rect(x, y, x+side, y+side), image.NewUniform(c), image.Point{}, draw.Src)
}

// Encode writes the sheet as a PNG.
func (s Sheet) Encode(w io.Writer) error { return png.Encode(w, s.NRGBA) }

// shortened fits a text below a picture of so many pixels.
func shortened(text string, width int) string {
	if most := width / letterWidth; len(text) > most {
		return text[:most-2] + ".."
	}
	return text
}

// Tail fits a name below a picture of so many pixels: the end of it, which tells
// samples apart.
func Tail(text string, width int) string {
	if most := width / letterWidth; len(text) > most {
		return ".." + text[len(text)-most+2:]
	}
	return text
}
