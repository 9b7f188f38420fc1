package png

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"

	"hpaflow/data"
)

// planesOf makes the planes of a header's image.
func planesOf(into **data.Image) func(Header) ([]data.Plane, error) {
	return func(h Header) ([]data.Plane, error) {
		*into = data.NewImage(h.Width, h.Height, h.Channels, h.Depth)
		return (*into).Planes, nil
	}
}

// draw makes an image of smooth shapes and noise of some strength.
func draw(seed uint64, w, h, planes, depth, noise int) *data.Image {
	r := rand.New(rand.NewPCG(seed, 7))
	im := data.NewImage(w, h, planes, depth)
	for _, p := range im.Planes {
		fx, fy, base := r.IntN(5), r.IntN(7), r.IntN(200)
		for i := range w * h {
			x, y := i%w, i/w
			v := base + fx*x/2 + fy*y/3
			if noise > 0 {
				v += r.IntN(noise)
			}
			if p.U8 != nil {
				p.U8[i] = uint8(v)
			} else {
				p.U16[i] = uint16(v * 41)
			}
		}
	}
	return im
}

// standard gives an image of the standard library with the planes' content.
func standard(im *data.Image) image.Image {
	w, h := im.Width, im.Height
	bounds := image.Rect(0, 0, w, h)
	at := func(c, i int) uint16 {
		if im.Depth() == 8 {
			return uint16(im.Planes[c].U8[i]) * 257
		}
		return im.Planes[c].U16[i]
	}
	set := func(put func(x, y, i int)) {
		for i := range w * h {
			put(i%w, i/w, i)
		}
	}
	switch {
	case len(im.Planes) == 1 && im.Depth() == 8:
		m := image.NewGray(bounds)
		copy(m.Pix, im.Planes[0].U8)
		return m
	case len(im.Planes) == 1:
		m := image.NewGray16(bounds)
		set(func(x, y, i int) { m.SetGray16(x, y, color.Gray16{Y: at(0, i)}) })
		return m
	case len(im.Planes) == 3 && im.Depth() == 8:
		m := image.NewRGBA(bounds)
		set(func(x, y, i int) {
			m.SetRGBA(x, y, color.RGBA{uint8(at(0, i)), uint8(at(1, i)), uint8(at(2, i)), 255})
		})
		return m
	case len(im.Planes) == 3:
		m := image.NewRGBA64(bounds)
		set(func(x, y, i int) { m.SetRGBA64(x, y, color.RGBA64{at(0, i), at(1, i), at(2, i), 65535}) })
		return m
	case im.Depth() == 8:
		m := image.NewNRGBA(bounds)
		set(func(x, y, i int) {
			m.SetNRGBA(x, y, color.NRGBA{uint8(at(0, i)), uint8(at(1, i)), uint8(at(2, i)), uint8(at(3, i))})
		})
		return m
	}
	m := image.NewNRGBA64(bounds)
	set(func(x, y, i int) { m.SetNRGBA64(x, y, color.NRGBA64{at(0, i), at(1, i), at(2, i), at(3, i)}) })
	return m
}

func encoded(t testing.TB, im *data.Image, level png.CompressionLevel) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: level}).Encode(&b, standard(im)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeIsWhatWasEncoded(t *testing.T) {
	sizes := [][2]int{{1, 1}, {2, 3}, {7, 1}, {1, 70}, {31, 33}, {64, 64}, {100, 97}, {257, 65}, {512, 40}}
	if raced {
		sizes = sizes[:6]
	}
	for _, size := range sizes {
		for _, planes := range []int{1, 3, 4} {
			for _, depth := range []int{8, 16} {
				for _, noise := range []int{0, 3, 60} {
					im := draw(uint64(size[0]*7+noise), size[0], size[1], planes, depth, noise)
					for _, level := range []png.CompressionLevel{png.DefaultCompression, png.NoCompression, png.BestSpeed} {
						b := encoded(t, im, level)
						var got *data.Image
						if err := Decode(b, planesOf(&got)); err != nil {
							t.Fatalf("%v, %d planes, %d bits, noise %d: %v", size, planes, depth, noise, err)
						}
						if len(got.Planes) < planes {
							t.Fatalf("%d planes, want %d", len(got.Planes), planes)
						}
						for c := range im.Planes {
							if !bytes.Equal(got.Planes[c].Raw(), im.Planes[c].Raw()) {
								t.Fatalf("%v, %d planes, %d bits, noise %d, level %d: plane %d differs", size, planes, depth, noise, level, c)
							}
						}
					}
				}
			}
		}
	}
}
