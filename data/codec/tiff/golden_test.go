package tiff

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"os"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/goldentest"
)

// listed are the words by which files may be refused that others read.
var listed = []string{
	"JPEG 2000 is not read; convert it with Bio-Formats: bfconvert -compression zlib IN.tif OUT.ome.tif",
	"JPEG XL is not read; convert it with Bio-Formats",
	"JPEG XR is not read; convert it with Bio-Formats",
	"LERC is not read; convert it: tiffcp -c zip IN.tif OUT.tif",
	"PixarLog is not read; convert it",
	"CCITT RLE is not read; convert it",
	"CCITT fax, group 3 is not read; convert it",
	"CCITT fax, group 4 is not read; convert it",
	"34933 is not read; convert it", // PNG
	"WebP with loss is not read; convert it",
	"JPEG of CMYK is not read; convert it",
	"JPEG of CIELAB is not read; convert it",
	"JPEG of a palette is not read; convert it",
	"WebP of CIELAB is not read; convert it",
	"WebP of CMYK is not read; convert it",
	"jpeg: images of 4 components are not supported",
	"jpeg: images of 2 components are not supported",
	"complex numbers are not read; write their real parts or magnitudes as 32-bit floats",
	"YCbCr in halved resolution is read as JPEG alone",
	"volumes of 16 slices a page are not read",
	"the samples of a pixel differ",
}

// blank makes planes for a region of a page.
func blank(p *Page, w, h int) [][]byte {
	planes := make([][]byte, p.Samples)
	for i := range planes {
		planes[i] = bytes.Repeat([]byte{0xa5}, w*h*p.Size())
	}
	return planes
}

// described is a page as the manifest has it.
func described(p *Page, planes [][]byte) string {
	h := sha256.New()
	for _, plane := range planes {
		plane = slices.Clone(plane)
		if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
			for i := 0; i < len(plane); i += p.Size() {
				slices.Reverse(plane[i : i+p.Size()])
			}
		}
		h.Write(plane)
	}
	kind := map[Format]string{Unsigned: "u", Signed: "i", Float: "f"}[p.Format]
	return fmt.Sprintf("%s%d %d %d %d %s", kind, p.Size(), p.Samples, p.Height, p.Width, hex.EncodeToString(h.Sum(nil))[:24])
}

// TestGolden: every page of every file has the samples that tifffile reads from it, or
// is refused by words that are listed. TIFFS names an archive of more of them.
func TestGolden(t *testing.T) {
	files, lines := goldentest.Archive(t, cmp.Or(os.Getenv("TIFFS"), "testdata/golden.zip"))
	right, refused, none := 0, 0, 0
	for _, line := range lines {
		var name, want string
		var i int
		if _, err := fmt.Sscan(line, &name, &i); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want = strings.SplitN(line, " ", 3)[2]
		got, err := read(files[name], i)
		switch {
		case err == nil && got == want:
			right++
		case err != nil && slices.ContainsFunc(listed, func(s string) bool { return strings.Contains(err.Error(), s) }):
			refused++
		case want == "none": // tifffile says nothing of it
			none++
		default:
			t.Errorf("%s, page %d: %s, %v; tifffile reads %s", name, i+1, got, err, want)
		}
	}
	t.Logf("%d pages of %d files: %d right, %d refused by name, %d that tifffile does not read", len(lines), len(files)-1, right, refused, none)
	if right < len(lines)*3/4 {
		t.Error("too few are read")
	}
}

// read gives what the manifest should have of a page, read from memory, piece by
// piece, and region by region.
func read(b []byte, i int) (string, error) {
	var all [2]string
	for k := range all {
		f, err := Open(b)
		if k == 1 {
			f, err = OpenAt(bytes.NewReader(b), int64(len(b)))
		}
		if err != nil {
			return "", err
		}
		if i >= f.Len() {
			return "", fmt.Errorf("%d pages", f.Len())
		}
		p, err := f.Page(i)
		if err != nil {
			return "", err
		}
		planes := blank(p, p.Width, p.Height)
		if err := p.Decode(planes); err != nil {
			return "", err
		}
		all[k] = described(p, planes)
		for _, at := range []image.Rectangle{image.Rect(5, 3, 21, 19), image.Rect(0, 7, p.Width, 14), image.Rect(p.Width-3, p.Height-3, p.Width, p.Height)} {
			if !at.In(image.Rect(0, 0, p.Width, p.Height)) || at.Empty() {
				continue
			}
			part := blank(p, at.Dx(), at.Dy())
			if err := p.Region(at, part); err != nil {
				return "", fmt.Errorf("region %v: %w", at, err)
			}
			for c := range part {
				for y := range at.Dy() {
					n := at.Dx() * p.Size()
					if from := ((at.Min.Y+y)*p.Width + at.Min.X) * p.Size(); !bytes.Equal(part[c][y*n:(y+1)*n], planes[c][from:from+n]) {
						return "", fmt.Errorf("region %v is not that of the page", at)
					}
				}
			}
		}
	}
	if all[0] != all[1] {
		return "", fmt.Errorf("%s from memory, %s piece by piece", all[0], all[1])
	}
	return all[0], nil
}
