package codec

import (
	"encoding/binary"
	"slices"
	"testing"

	"hpaflow/data/codec/tiff"
	"hpaflow/data/codec/tiff/tifftest"
)

// palettes writes a TIFF of pages of 8 x 1 pixels of one bit, each with a palette of
// its own.
func palettes(pages ...[6]uint16) []byte {
	b := []byte(tifftest.Header)
	all := make([][][4]int, len(pages))
	for i, colours := range pages {
		pixels := len(b)
		b = append(b, 0b01010101, 0)
		for _, v := range colours {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		all[i] = [][4]int{
			{int(tiff.ImageWidth), 3, 1, 8}, {int(tiff.ImageLength), 3, 1, 1}, {int(tiff.BitsPerSample), 3, 1, 1}, {int(tiff.Photometric), 3, 1, tiff.Palette},
			{int(tiff.StripOffsets), 4, 1, pixels}, {int(tiff.StripByteCounts), 4, 1, 1}, {int(tiff.ColorMap), 3, 6, pixels + 2},
		}
	}
	return tifftest.Pages(b, all...)
}

// TestPaletteOfTheSlice: what a palette makes of a slice is that slice's own to say.
func TestPaletteOfTheSlice(t *testing.T) {
	b := palettes([6]uint16{0, 0xffff, 0, 0xffff, 0, 0xffff}, [6]uint16{0x1234, 0xffff, 0, 0x8000, 0, 0})
	im, err := Choice{Z: Number(0)}.DecodeChannels("a.tif", b)
	if err != nil || len(im.Planes) != 1 || im.Planes[0].U8[1] != 255 {
		t.Errorf("the first is grey: %v, %v", im, err)
	}
	im, err = Choice{Z: Number(1)}.DecodeChannels("a.tif", b)
	if err != nil || len(im.Planes) != 3 {
		t.Fatalf("the second has colours: %v, %v", im, err)
	}
	for i, want := range [][]uint8{{0x12, 255}, {0, 0x80}, {0, 0}} {
		if got := im.Planes[i].U8[:2]; !slices.Equal(got, want) {
			t.Errorf("plane %d is %v, want %v", i, got, want)
		}
	}
}
