package codec

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	stdpng "image/png"
	"slices"
	"testing"

	"hpaflow/data"
)

// chunks writes a PNG of kinds and contents in turn.
func chunks(t *testing.T, parts ...any) []byte {
	t.Helper()
	b := []byte("\x89PNG\r\n\x1a\n")
	for i := 0; i < len(parts); i += 2 {
		content := parts[i+1].([]byte)
		b = binary.BigEndian.AppendUint32(b, uint32(len(content)))
		at := len(b)
		b = append(append(b, parts[i].(string)...), content...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[at:]))
	}
	return b
}

func packed(t *testing.T, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestExoticPNG reads what package png leaves to image/png.
func TestExoticPNG(t *testing.T) {
	ihdr := func(w, h, depth, colour, interlace byte) []byte {
		return []byte{0, 0, 0, w, 0, 0, 0, h, depth, colour, 0, 0, interlace}
	}
	var none []byte
	palette := []byte{10, 10, 10, 200, 200, 200}
	cases := map[string]struct {
		file   []byte
		planes [][]uint8
		depth  int
	}{
		// Of 2x2 pixels the passes 1, 6 and 7 have one, one and two.
		"interlaced": {chunks(t, "IHDR", ihdr(2, 2, 8, 0, 1), "IDAT", packed(t, []byte{0, 1, 0, 2, 0, 3, 4}), "IEND", none),
			[][]uint8{{1, 2, 3, 4}}, 8},
		"one bit": {chunks(t, "IHDR", ihdr(4, 1, 1, 0, 0), "IDAT", packed(t, []byte{0, 0b1010_0000}), "IEND", none),
			[][]uint8{{255, 0, 255, 0}}, 8},
		"grey palette": {chunks(t, "IHDR", ihdr(2, 1, 8, 3, 0), "PLTE", palette, "IDAT", packed(t, []byte{0, 1, 0}), "IEND", none),
			[][]uint8{{200, 10}}, 8},
		"grey and alpha": {chunks(t, "IHDR", ihdr(1, 1, 8, 4, 0), "IDAT", packed(t, []byte{0, 77, 0}), "IEND", none),
			[][]uint8{{77}, {77}, {77}, {0}}, 8},
		"a palette beside RGB": {chunks(t, "IHDR", ihdr(1, 1, 8, 2, 0), "PLTE", palette, "IDAT", packed(t, []byte{0, 1, 2, 3}), "IEND", none),
			[][]uint8{{1}, {2}, {3}}, 8},
	}
	for what, c := range cases {
		im, err := DecodeRGBY(c.file)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var planes [][]uint8
		for _, p := range im.Planes {
			planes = append(planes, p.U8)
		}
		if im.Depth() != c.depth || !slices.EqualFunc(planes, c.planes, slices.Equal) {
			t.Errorf("%s: %v, want %v", what, planes, c.planes)
		}
	}
}

// TestGreyOfColour: RGB becomes grey by Pillow's formula, whoever decodes it.
func TestGreyOfColour(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	m.SetNRGBA(0, 0, color.NRGBA{255, 0, 0, 9})
	m.SetNRGBA(1, 0, color.NRGBA{0, 255, 0, 255})
	m.SetNRGBA(2, 0, color.NRGBA{3, 200, 255, 0})
	var b bytes.Buffer
	if err := stdpng.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	im, err := Decode("a.png", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint8{76, 150, 147}; !slices.Equal(im.Planes[0].U8, want) {
		t.Errorf("%v, want %v", im.Planes[0].U8, want)
	}
}

// TestDamagedPNG: what is wrong is said as image/png says it.
func TestDamagedPNG(t *testing.T) {
	b, err := AppendRGBY(nil, data.NewImage(40, 40, 4, 8))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode("a.png", b[:len(b)-20]); err == nil || err.Error() != "png: invalid format: unexpected EOF" {
		t.Errorf("cut: %v", err)
	}
	b[len(b)-30] ^= 1
	if _, err := DecodeRGBY(b); err == nil || err.Error() != "png: zlib: invalid checksum" {
		t.Errorf("damaged: %v", err)
	}
}

// TestSurplusPNG reads files whose stream goes on behind the pixels, as Pillow
// does, and none whose surplus is damaged or as long as it likes.
func TestSurplusPNG(t *testing.T) {
	ihdr := []byte{0, 0, 0, 2, 0, 0, 0, 1, 8, 0, 0, 0, 0}
	of := func(stream []byte) []byte { return chunks(t, "IHDR", ihdr, "IDAT", stream, "IEND", []byte(nil)) }
	pixels := []byte{0, 8, 9}
	for what, stream := range map[string][]byte{
		"a byte":         packed(t, append(pixels, 0)),
		"a row":          packed(t, append(pixels, pixels...)),
		"behind the end": append(packed(t, pixels), bytes.Repeat([]byte("more"), 5000)...),
	} {
		im, err := Decode("a.png", of(stream))
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if !slices.Equal(im.Planes[0].U8, pixels[1:]) {
			t.Errorf("%s: %v", what, im.Planes[0].U8)
		}
	}
	wrongSum := packed(t, append(pixels, 0))
	wrongSum[len(wrongSum)-1]++
	for what, stream := range map[string][]byte{
		"megabytes":   packed(t, make([]byte, 1<<21)),
		"a wrong sum": wrongSum,
	} {
		if _, err := Decode("a.png", of(stream)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}
