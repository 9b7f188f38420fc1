package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/duplicates"
	"hpaflow/data/pixel"
)

// The measures of a sheet, in pixels.
const (
	TileSide   = 140
	tilesInRow = 8
	Margin     = 12
	LineHeight = 14
	rowHeight  = LineHeight + 4 + TileSide + 2*LineHeight + 2*Margin
	sheetWidth = Margin + tilesInRow*(TileSide+Margin)
	headHeight = 3 * Margin
)

var (
	Ink   = color.Gray{Y: 20}
	Faint = color.Gray{Y: 120}
)

// DrawSheet draws a row for each group.
func DrawSheet(title string, groups []*duplicates.Group) *image.NRGBA {
	sheet := image.NewNRGBA(image.Rect(0, 0, sheetWidth, headHeight+len(groups)*rowHeight))
	draw.Draw(sheet, sheet.Bounds(), image.White, image.Point{}, draw.Src)
	Write(sheet, Margin, 2*Margin, Ink, title)
	for i, g := range groups {
		drawGroup(sheet, headHeight+i*rowHeight, g)
	}
	return sheet
}

func drawGroup(sheet *image.NRGBA, top int, g *duplicates.Group) {
	text := fmt.Sprintf("%v   %d images   labels %s", g.Hash, len(g.Images), Named(g.Labels))
	shown := g.Images[:min(len(g.Images), tilesInRow)]
	if hidden := len(g.Images) - len(shown); hidden > 0 {
		text += fmt.Sprintf("   (%d not shown)", hidden)
	}
	Write(sheet, Margin, top+LineHeight-2, Ink, text)
	top += LineHeight + 4
	for i, im := range shown {
		left := Margin + i*(TileSide+Margin)
		place := image.Rect(left, top, left+TileSide, top+TileSide)
		tile, err := drawTile(im.File)
		if err != nil { // it was readable when it was hashed
			draw.Draw(sheet, place, image.NewUniform(color.Gray{Y: 225}), image.Point{}, draw.Src)
			Write(sheet, left+4, top+TileSide/2, Faint, "not readable")
		} else {
			draw.Draw(sheet, place, tile, image.Point{}, draw.Src)
		}
		Write(sheet, left, top+TileSide+LineHeight-2, Ink, shortened(im.ID))
		kind := "external"
		if im.Train {
			kind = "train"
		}
		Write(sheet, left, top+TileSide+2*LineHeight-2, Faint, fmt.Sprintf("%s %v", kind, im.Labels))
	}
}

// Named is labels with their names.
func Named(labels data.Labels) string {
	var words []string
	for _, n := range labels.Numbers() {
		word := fmt.Sprint(n)
		if n < len(data.LabelNames) {
			word += " " + data.LabelNames[n]
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// shortened fits an Id below a tile.
func shortened(id string) string {
	if most := TileSide / basicfont.Face7x13.Advance; len(id) > most {
		return id[:most-2] + ".."
	}
	return id
}

func Write(sheet *image.NRGBA, x, y int, c color.Color, text string) {
	d := font.Drawer{Dst: sheet, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// drawTile draws a file, in colour if its sister channels are beside it, each
// channel as bright as can be.
func drawTile(file string) (*image.NRGBA, error) {
	ext := filepath.Ext(file)
	var planes [3]data.Plane
	for i, colour := range data.Colours[:3] {
		stem, ok := strings.CutSuffix(strings.TrimSuffix(file, ext), "_green")
		if !ok {
			break
		}
		plane, err := tilePlane(stem + "_" + colour + ext)
		if err != nil {
			break
		}
		planes[i] = plane
	}
	if planes[2].U8 == nil {
		grey, err := tilePlane(file)
		if err != nil {
			return nil, err
		}
		planes = [3]data.Plane{grey, grey, grey}
	}
	tile := image.NewNRGBA(image.Rect(0, 0, TileSide, TileSide))
	for c, p := range planes {
		brightest := max(slices.Max(p.U8), darkest)
		for i, v := range p.U8 {
			tile.Pix[4*i+c] = uint8(int(v) * 255 / int(brightest))
			tile.Pix[4*i+3] = 255
		}
	}
	return tile, nil
}

// darkest is the brightest pixel that a channel is lit up from, so that one can
// see it; a black one stays black.
const darkest = 32

// tilePlane is a file's plane at the size of a tile, 8 bits.
func tilePlane(file string) (data.Plane, error) {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return data.Plane{}, err
	}
	im, err := codec.Decode(file, bytes)
	if err != nil {
		return data.Plane{}, err
	}
	p := pixel.Resample(im, TileSide, TileSide, pixel.Lanczos).Planes[0]
	if p.U16 != nil {
		p.U8 = make([]uint8, len(p.U16))
		for i, v := range p.U16 {
			p.U8[i] = uint8(v >> 8)
		}
	}
	return p, nil
}
