package pixel

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
)

// TestLayers: of any number of planes each becomes what it becomes alone, and memory
// that held another image leaves no trace.
func TestLayers(t *testing.T) {
	var l Layers
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(2, 40).Draw(t, "w"), rapid.IntRange(2, 40).Draw(t, "h")
		im := data.NewImage(w, h, rapid.IntRange(1, data.MaxPlanes).Draw(t, "planes"), 8)
		var sum float64
		for c := range im.Planes {
			copy(im.Planes[c].U8, noise(uint32(c+1), w, h, 8).Planes[0].U8)
			for _, v := range im.Planes[c].U8 {
				sum += float64(v)
			}
		}
		d := Dihedral(rapid.IntRange(0, 7).Draw(t, "symmetry"))
		if err := l.Load(im, d); err != nil {
			t.Fatal(err)
		}
		if want := sum / float64(w*h*len(im.Planes)); math.Abs(l.Mean()-want) > 1e-9 {
			t.Fatalf("mean %v, want %v", l.Mean(), want)
		}
		var invert [256]uint8
		for i := range invert {
			invert[i] = uint8(255 - i)
		}
		turn := Rotation(float64(w)/2, float64(h)/2, 20, 1.1)
		type operations interface {
			Warp(Affine)
			Blur(int)
			MotionBlur(int, Cell, Cell)
			Lookup(*[256]uint8)
			Resize(int, int)
			Image() *data.Image
		}
		do := func(o operations) *data.Image {
			o.Warp(turn)
			o.Blur(3)
			o.MotionBlur(3, Cell{0, 0}, Cell{2, 1})
			o.Lookup(&invert)
			o.Resize(w+3, h)
			return o.Image()
		}
		got := do(&l)
		if len(got.Planes) != len(im.Planes) || got.Validate() != nil {
			t.Fatalf("%d planes became %d: %v", len(im.Planes), len(got.Planes), got.Validate())
		}
		for c := range im.Planes {
			var alone Packed
			if err := alone.Load(&data.Image{Width: w, Height: h, Planes: im.Planes[c : c+1]}, d); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Planes[c].U8, do(&alone).Planes[0].U8) {
				t.Fatalf("plane %d of %d is another than alone", c, len(im.Planes))
			}
		}
	})
	if err := new(Packed).Load(data.NewImage(2, 2, 5, 8), Identity); err == nil {
		t.Error("five planes are packed as four")
	}
}
