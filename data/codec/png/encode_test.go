package png

import (
	"bytes"
	"image/png"
	"testing"

	"hpaflow/data"
)

// TestAppendIsReadBack reads with image/png, which strict_test compares ours to.
func TestAppendIsReadBack(t *testing.T) {
	sizes := [][2]int{{1, 1}, {3, 2}, {33, 70}, {1, 300}, {200, 100}, {700, 130}}
	if raced {
		sizes = sizes[:4]
	}
	for _, size := range sizes {
		for planes := 1; planes <= 4; planes++ {
			for _, depth := range []int{8, 16} {
				for _, noise := range []int{0, 5, 256} {
					im := draw(uint64(noise+planes), size[0], size[1], planes, depth, noise)
					b, err := Append([]byte("before"), im)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.HasPrefix(b, []byte("before")) {
						t.Fatal("what was there before is lost")
					}
					b = b[len("before"):]
					if planes == 2 { // image/png gives it as colour
						if _, err := png.Decode(bytes.NewReader(b)); err != nil {
							t.Fatalf("%v, %d planes, %d bits: %v", size, planes, depth, err)
						}
						continue
					}
					if !agrees(t, "encoded", b) {
						t.Fatalf("%v, %d planes, %d bits: refused", size, planes, depth)
					}
					var got *data.Image
					if err := Decode(b, planesOf(&got)); err != nil {
						t.Fatal(err)
					}
					for c := range im.Planes {
						if !bytes.Equal(got.Planes[c].Raw(), im.Planes[c].Raw()) {
							t.Fatalf("%v, %d planes, %d bits, noise %d: plane %d differs", size, planes, depth, noise, c)
						}
					}
				}
			}
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, im := range []*data.Image{{}, {Width: 2, Height: 2, Planes: []data.Plane{{U8: make([]uint8, 3)}}}} {
		if _, err := Append(nil, im); err == nil {
			t.Errorf("%+v was encoded", im)
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte("some pixels of some image"), uint8(5), uint8(0))
	f.Fuzz(func(t *testing.T, pixels []byte, width, sort uint8) {
		planes, depth := []int{1, 3, 4}[sort%3], 8+8*int(sort/3%2)
		row := int(width) * planes * depth / 8
		if row == 0 || len(pixels) < row || len(pixels) > 1<<16 {
			return
		}
		im := data.NewImage(int(width), len(pixels)/row, planes, depth)
		for _, p := range im.Planes {
			pixels = pixels[copy(p.Raw(), pixels):]
		}
		b, err := Append(nil, im)
		if err != nil {
			t.Fatal(err)
		}
		if !agrees(t, "encoded", b) {
			t.Fatal("refused")
		}
	})
}
