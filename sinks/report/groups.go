package report

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/duplicates"
	"hpaflow/data/regular"
)

// The measures of a sheet of groups, in pixels.
const (
	groupTiles  = 8 // in a row
	groupHeight = LineHeight + 4 + TileSide + 2*LineHeight + 2*Margin
)

// DrawGroups draws a row for each group of images.
func DrawGroups(title string, groups []*duplicates.Group) Sheet {
	sheet := NewSheet(Margin+groupTiles*(TileSide+Margin), headHeight+len(groups)*groupHeight)
	sheet.Text(Margin, 2*Margin, Ink, title)
	for i, g := range groups {
		drawGroup(sheet, headHeight+i*groupHeight, g)
	}
	return sheet
}

func drawGroup(sheet Sheet, top int, g *duplicates.Group) {
	text := fmt.Sprintf("%v   %d images   labels %s", g.Hash, len(g.Images), data.LabelNames.List(g.Labels))
	shown := g.Images[:min(len(g.Images), groupTiles)]
	if hidden := len(g.Images) - len(shown); hidden > 0 {
		text += fmt.Sprintf("   (%d not shown)", hidden)
	}
	sheet.Text(Margin, top+LineHeight-2, Ink, text)
	top += LineHeight + 4
	for i, im := range shown {
		left := Margin + i*(TileSide+Margin)
		if picture, err := pictureOf(im.File); err != nil { // it was readable when it was hashed
			sheet.Fill(left, top, TileSide, color.Gray{Y: 225})
			sheet.Text(left+4, top+TileSide/2, Faint, "not readable")
		} else {
			sheet.Picture(left, top, TileSide, picture)
		}
		sheet.Text(left, top+TileSide+LineHeight-2, Ink, shortened(im.ID, TileSide))
		kind := "external"
		if im.Train {
			kind = "train"
		}
		sheet.Text(left, top+TileSide+2*LineHeight-2, Faint, fmt.Sprintf("%s %v", kind, im.Labels))
	}
}

// pictureOf is a file in colour if its sister channels are beside it, or it is an image of
// OME-Zarr, each channel as bright as can be, else in grey.
func pictureOf(file string) (image.Image, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		im, err := platePlanes(file)
		if err != nil {
			return nil, err
		}
		return Composite(im), nil
	}
	ext := filepath.Ext(file)
	if stem, ok := strings.CutSuffix(strings.TrimSuffix(file, ext), "_green"); ok {
		var sisters []string
		for _, colour := range data.Colours[:3] {
			sisters = append(sisters, stem+"_"+colour+ext)
		}
		if im, err := mergedPlanes(sisters); err == nil {
			return Composite(im), nil
		}
	}
	im, err := mergedPlanes([]string{file})
	if err != nil {
		return nil, err
	}
	return Composite(im), nil
}

// mergedPlanes are the first planes of files of one size, lit up.
func mergedPlanes(files []string) (*data.Image, error) {
	var merged data.Image
	for _, file := range files {
		bytes, err := regular.Read(file, 256<<20)
		if err != nil {
			return nil, err
		}
		im, err := codec.Decode(file, bytes)
		if err != nil {
			return nil, err
		}
		if merged.Planes != nil && (im.Width != merged.Width || im.Height != merged.Height) {
			return nil, fmt.Errorf("%s has another size than %s", file, files[0])
		}
		merged.Width, merged.Height = im.Width, im.Height
		merged.Planes = append(merged.Planes, litUp(im.Planes[0]))
	}
	return &merged, nil
}
