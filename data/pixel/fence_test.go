//go:build unix

package pixel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"hpaflow/data"
	"hpaflow/data/fence"
)

// TestStaysInside resizes, packs and normalises between fences: nothing is read
// or written outside the planes, by a weight of zero or otherwise.
func TestStaysInside(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for _, width := range []int{32, 64, 75} {
		for _, height := range []int{33, 50, 97} {
			t.Run(fmt.Sprintf("%dx%d", width, height), func(t *testing.T) {
				content := make([]byte, width*height)
				for i := range content {
					content[i] = byte(r.Uint32())
				}
				for _, enclose := range []func(testing.TB, []byte) []byte{fence.Start[byte], fence.End[byte]} {
					im := &data.Image{Width: width, Height: height}
					for range 4 {
						im.Planes = append(im.Planes, data.Plane{U8: enclose(t, content)})
					}
					for _, f := range []Filter{Triangle, Bicubic, Lanczos} {
						for to := 1; to < 2*height; to += 1 + to/5 {
							Resample(im, width, to, f)
						}
						Resample(im, width/2, height, f)
						for to := 1; to < height; to += 7 { // into a plane that ends at once
							out := enclose(t, make([]byte, width*to))
							newResampler(width, height, width, to, f).plane(out, im.Planes[0].U8)
						}
					}
					for d := range Dihedral(8) {
						var p Packed
						if err := p.Load(im, d); err != nil {
							t.Fatal(err)
						}
					}
					var planes [4][]uint8
					for c := range planes {
						planes[c] = im.Planes[c].U8
					}
					packed := enclose(t, make([]byte, 4*width*height))
					packRow(packed, &planes)
					unpackRow(&planes, packed)
					flipRow(enclose(t, packed), packed)
					Sums(packed)
					Normalise(make([]float32, width*height), planes[0], 3, 4)
				}
			})
		}
	}
}

// TestShortResults: what is too short for the rest is found before anything is
// written behind it.
func TestShortResults(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Normalise wrote 64 values into 40")
		}
	}()
	Normalise(make([]float32, 40, 64), make([]uint8, 64), 0, 1)
}
