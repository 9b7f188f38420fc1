//go:build gpu && linux

package kernels

import (
	"fmt"
	"math"
	"testing"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/gpu/cuda"
)

// pixels are planes of noise, and as data.Image.
func pixels(depth Depth, n, c, h, w int) (raw []byte, images []*data.Image) {
	v := noise(F32, 77, n*c*h*w, .5, .5)
	for i := range n {
		im := data.NewImage(w, h, c, [...]int{8, 16, 16}[depth])
		for j := range c {
			for p, f := range v[(i*c+j)*h*w : (i*c+j+1)*h*w] {
				if i+j == 0 {
					f = .25 // a flat plane
				}
				if depth == U8 {
					im.Planes[j].U8[p] = uint8(255 * f)
					raw = append(raw, uint8(255*f))
				} else {
					im.Planes[j].U16[p] = uint16(65535 * f)
					raw = append(raw, uint8(uint16(65535*f)), uint8(uint16(65535*f)>>8))
				}
			}
		}
		images = append(images, im)
	}
	return raw, images
}

// normalised is a pixel as ops/training makes it, to the bit.
func normalised(p data.Plane, perImage bool) []float32 {
	var dst []float32
	mean, deviation := 127.5, 255.
	if perImage {
		var sum, squares, n float64
		add := func(v float64) { sum, squares, n = sum+v, squares+v*v, n+1 }
		for _, v := range p.U8 {
			add(float64(v))
		}
		for _, v := range p.U16 {
			add(float64(v))
		}
		mean = sum / n
		deviation = math.Sqrt(max(0, squares/n-mean*mean))
		if p.U16 != nil {
			mean, deviation = mean/257, deviation/257
		}
		deviation += 1e-7
	}
	for _, v := range p.U8 {
		dst = append(dst, (float32(v)-float32(mean))/float32(deviation))
	}
	for _, v := range p.U16 {
		dst = append(dst, float32((float64(v)/257-mean)/deviation))
	}
	return dst
}

func TestNormalise(t *testing.T) {
	card := open(t)
	n, h, w := 2, 21, 34
	for _, c := range []int{1, 3, 4} {
		for _, depth := range []Depth{U8, U16, Float} {
			for _, perImage := range []bool{false, true} {
				raw, images := pixels(depth, n, c, h, w)
				for view := pixel.Dihedral(0); view < 8; view++ {
					t.Run(fmt.Sprintf("%d planes depth %d per image %v view %d", c, depth, perImage, view), func(t *testing.T) {
						d := card.in(t)
						ty, channels := Type(int(view)%2), c+int(view)%3
						p := Pixels{Depth: depth, N: n, C: c, H: h, W: w, PerImage: perImage}
						var want, planes []float32
						for _, im := range images {
							im := view.Apply(im)
							values := make([][]float32, c)
							for j := range c {
								values[j] = normalised(im.Planes[j], perImage)
							}
							for i := range h * w {
								for j := range channels {
									if j >= c {
										want = append(want, 0)
									} else if ty == BF16 {
										want = append(want, round(values[j][i]))
									} else {
										want = append(want, values[j][i])
									}
								}
							}
						}
						if p.Ptr = d.put(append(raw, 0)); depth == Float {
							for _, im := range images {
								for _, plane := range im.Planes {
									planes = append(planes, normalised(plane, perImage)...)
								}
							}
							p.Ptr = d.floats(planes)
						}
						dst, scratch := d.blank(ty, n*h*w, channels, layout{int(view) % 4 * 2, 0}), d.room(p.Scratch())
						d.do(func(k *Set, s cuda.Stream) error { return k.Normalise(s, dst, p, view, scratch) })
						for i, got := range d.values(dst) {
							if got != want[i] {
								t.Fatalf("value %d is %v, want %v", i, got, want[i])
							}
						}
					})
				}
			}
		}
	}
}
