package png

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"hpaflow/data"
)

func TestPixelsAndPlanes(t *testing.T) {
	for _, depth := range []int{8, 16} {
		for channels := 1; channels <= 4; channels++ {
			for _, width := range []int{1, 2, 15, 16, 31, 32, 33, 64, 101} {
				im := draw(uint64(width), width, 1, channels, depth, 256)
				pixels := make([]byte, width*channels*depth/8)
				back := data.NewImage(width, 1, channels, depth)
				if depth == 8 {
					rows := make([][]byte, channels)
					for c := range rows {
						rows[c] = im.Planes[c].U8
					}
					join8(pixels, rows)
					split8(back.Planes, pixels)
				} else {
					rows := make([][]uint16, channels)
					for c := range rows {
						rows[c] = im.Planes[c].U16
					}
					join16(pixels, rows)
					split16(back.Planes, pixels)
				}
				size := depth / 8
				for x := range width {
					for c := range channels {
						want := []byte{}
						if depth == 8 {
							want = append(want, im.Planes[c].U8[x])
						} else {
							want = append(want, byte(im.Planes[c].U16[x]>>8), byte(im.Planes[c].U16[x]))
						}
						at := (x*channels + c) * size
						if !slices.Equal(pixels[at:at+size], want) {
							t.Fatalf("%d bits, pixel %d of %d, channel %d of %d: %v, want %v", depth, x, width, c, channels, pixels[at:at+size], want)
						}
					}
				}
				for c := range channels {
					if !bytes.Equal(back.Planes[c].Raw(), im.Planes[c].Raw()) {
						t.Fatalf("%d bits, %d pixels: plane %d of %d does not come back", depth, width, c, channels)
					}
				}
			}
		}
	}
}

func TestAverageRow(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for n := range 200 {
		cur, above, dst := make([]byte, n), make([]byte, n), make([]byte, n)
		for i := range n {
			cur[i], above[i] = byte(r.Uint32()), byte(r.Uint32())
		}
		for _, pixel := range []int{1, 4, 8} {
			filterAverageRow(dst, cur, above, pixel)
			for i := range n {
				left := 0
				if i >= pixel {
					left = int(cur[i-pixel])
				}
				if want := cur[i] - byte((left+int(above[i]))/2); dst[i] != want {
					t.Fatalf("%d bytes of %d a pixel: byte %d is %d, want %d", n, pixel, i, dst[i], want)
				}
			}
		}
	}
}
