package tiff

import (
	"bytes"
	"encoding/binary"
	"image"
	"strings"
	"testing"

	"hpaflow/data/goldentest"
)

// FuzzDecode: whatever the bytes, reading them ends, within bounds, and gives one
// result, from memory, piece by piece, or region by region.
func FuzzDecode(f *testing.F) {
	files, _ := goldentest.Archive(f, "testdata/golden.zip")
	for name, b := range files {
		if strings.HasSuffix(name, ".tif") && len(b) < 9000 {
			f.Add(b)
		}
	}
	f.Add(made(binary.LittleEndian, eight, plain()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		file, err := Open(b)
		if err != nil {
			return
		}
		pieces, err := OpenAt(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatalf("piece by piece: %v", err)
		}
		for i := range min(file.Len(), 4) {
			p, err := file.Page(i)
			if err != nil {
				continue
			}
			p.Descriptions()
			p.Colours()
			p.Scratch()
			if p.Plausible() != nil || p.Width > 1<<10 || p.Height > 1<<10 || p.Samples > 8 || p.layout.width*p.layout.height > 1<<20 {
				continue
			}
			planes := blank(p, p.Width, p.Height)
			if p.Decode(planes) != nil {
				continue
			}
			other, err := pieces.Page(i)
			if err != nil {
				t.Fatalf("piece by piece: %v", err)
			}
			again := blank(p, p.Width, p.Height)
			if err := other.Decode(again); err != nil || described(p, planes) != described(p, again) {
				t.Fatalf("piece by piece: %v", err)
			}
			at := image.Rect(p.Width/3, p.Height/3, p.Width/3+(p.Width+1)/2, p.Height/3+(p.Height+1)/2)
			part := blank(p, at.Dx(), at.Dy())
			if err := p.Region(at, part); err != nil {
				t.Fatalf("region %v: %v", at, err)
			}
			for c := range part {
				row := at.Dx() * p.Size()
				for y := range at.Dy() {
					from := ((at.Min.Y+y)*p.Width + at.Min.X) * p.Size()
					if !bytes.Equal(part[c][y*row:(y+1)*row], planes[c][from:from+row]) {
						t.Fatalf("region %v is not that of the page", at)
					}
				}
			}
		}
	})
}
