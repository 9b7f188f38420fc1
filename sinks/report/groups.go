package report

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
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

// DrawGroups draws a row for each group of images, in the colours of the channels
// that are chosen, three or none.
func DrawGroups(title string, groups []*duplicates.Group, channels []string) Sheet {
	if len(channels) == 0 {
		channels = rgb
	}
	sheet := NewSheet(Margin+groupTiles*(TileSide+Margin), headHeight+len(groups)*groupHeight)
	sheet.Text(Margin, 2*Margin, Ink, title)
	shown := fmt.Sprintf("red %s, green %s, blue %s", channels[0], channels[1], channels[2])
	if slices.Equal(channels, rgb) {
		shown = "red, green and blue channels"
	}
	sheet.Text(Margin+letterWidth*len(title)+2*Margin, 2*Margin, Faint, shown+" where they lie beside the hashed one, which else is grey")
	for i, g := range groups {
		drawGroup(sheet, headHeight+i*groupHeight, g, channels)
	}
	return sheet
}

func drawGroup(sheet Sheet, top int, g *duplicates.Group, channels []string) {
	text := fmt.Sprintf("%v   %d images   labels %s", g.Hash, len(g.Images), data.LabelNames.List(g.Labels))
	shown := g.Images[:min(len(g.Images), groupTiles)]
	if hidden := len(g.Images) - len(shown); hidden > 0 {
		text += fmt.Sprintf("   (%d not shown)", hidden)
	}
	sheet.Text(Margin, top+LineHeight-2, Ink, text)
	top += LineHeight + 4
	for i, im := range shown {
		left := Margin + i*(TileSide+Margin)
		if picture, err := pictureOf(im.File, channels); err != nil { // it was readable when it was hashed
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

// pictureOf is a file in colour if those of three channels are beside it, or it is an
// image of OME-Zarr, each channel as bright as can be, else in grey.
func pictureOf(file string, channels []string) (image.Image, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		im, err := platePlanes(file)
		if err != nil {
			return nil, err
		}
		return Composite(im), nil
	}
	if sisters := sistersOf(file, channels); sisters != nil {
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

// sistersOf are the files of some channels beside one called ID_CHANNEL.EXT; nil where
// it is called otherwise. Its own may be none of them.
func sistersOf(file string, channels []string) (sisters []string) {
	dir, base := filepath.Split(file)
	stem, ext := cutExtension(base)
	id := ""
	if at := strings.LastIndexByte(stem, '_'); at > 0 {
		id = stem[:at]
	}
	for _, c := range channels {
		if before, ok := strings.CutSuffix(stem, "_"+c); ok && before != "" {
			id = before
		}
	}
	if id == "" {
		return nil
	}
	for _, c := range channels {
		sisters = append(sisters, dir+id+"_"+c+ext)
	}
	return sisters
}

// cutExtension takes a name's extension off: of two parts where those are one, as
// .ome.tif.
func cutExtension(base string) (stem, ext string) {
	ext = filepath.Ext(base)
	stem = strings.TrimSuffix(base, ext)
	if inner := filepath.Ext(stem); slices.Contains([]string{".ome", ".tif", ".tiff"}, strings.ToLower(inner)) {
		stem, ext = strings.TrimSuffix(stem, inner), inner+ext
	}
	return stem, ext
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
