//go:build unix

package png

import (
	"fmt"
	"image/png"
	"testing"

	"hpaflow/data"
	"hpaflow/data/fence"
)

// TestStaysInside decodes from and to memory between fences, with scratch memory
// between fences too, and encodes from it.
func TestStaysInside(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {33, 32}, {64, 65}, {100, 37}} {
		for _, planes := range []int{1, 3, 4} {
			for _, depth := range []int{8, 16} {
				t.Run(fmt.Sprintf("%v/%dx%d", size, planes, depth), func(t *testing.T) {
					im := draw(5, size[0], size[1], planes, depth, 9)
					for i, enclose := range []func(testing.TB, []byte) []byte{fence.Start[byte], fence.End[byte]} {
						b := enclose(t, encoded(t, im, png.DefaultCompression))
						h, packed, _, ok := parse(b, nil)
						if !ok {
							t.Fatal("not parsed")
						}
						inside := data.NewImage(size[0], size[1], h.Channels, depth)
						for c := range inside.Planes {
							p := &inside.Planes[c]
							p.U8 = enclose(t, p.U8)
							if p.U16 = fence.End(t, p.U16); i == 0 {
								p.U16 = fence.Start(t, p.U16)
							}
						}
						if err := Decode(b, func(Header) ([]data.Plane, error) { return inside.Planes, nil }); err != nil {
							t.Fatal(err)
						}
						row := h.Width * h.pixel()
						n := h.Height * (1 + row)
						d := decoder{raw: enclose(t, make([]byte, n+margin))}
						if err := d.decompress(enclose(t, packed), n, row); err != nil {
							t.Fatal(err)
						}
						d.unfilter(enclose(t, make([]byte, h.Height*row)), n, row, h.pixel())
						if _, err := Append(nil, inside); err != nil {
							t.Fatal(err)
						}
					}
				})
			}
		}
	}
}
