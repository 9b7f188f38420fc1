package pixel

import (
	"fmt"
	"testing"

	"hpaflow/data"
)

// BenchmarkPacked: what OpenCV takes for each is in ../../bench.
func BenchmarkPacked(b *testing.B) {
	im := fourPlanes(1, 512, 512)
	table := permutation()
	at := make([]float32, 512)
	for i := range at {
		at[i] = float32(i) * .97
	}
	var p Packed
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"load", func() { p.load(im, Identity) }},
		{"load-flip", func() { p.load(im, FlipLR) }},
		{"load-turn", func() { p.load(im, Turn(1)) }},
		{"image", func() { p.Image() }},
		{"warp", func() { p.Warp(Rotation(256, 256, 20, 1)) }},
		{"remap", func() { p.Remap(at, at) }},
		{"blur3", func() { p.Blur(3) }},
		{"blur5", func() { p.Blur(5) }},
		{"motion", func() { p.MotionBlur(5, Cell{0, 1}, Cell{4, 3}) }},
		{"lookup", func() { p.Lookup(&table) }},
		{"mean", func() { p.Mean() }},
		{"resize", func() { p.Resize(580, 580); p.Resize(512, 512) }},
	} {
		p.load(im, Identity)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.do()
			}
		})
	}
	plane := &data.Image{Width: 512, Height: 512, Planes: im.Planes[:1]}
	for _, f := range []Filter{Lanczos, Bicubic, Triangle} {
		for _, size := range []int{8, 32, 256, 400, 1024} {
			b.Run(fmt.Sprintf("%s-%d", f, size), func(b *testing.B) {
				for b.Loop() {
					Resample(plane, size, size, f)
				}
			})
		}
	}
	b.Run("normalise", func(b *testing.B) {
		dst := make([]float32, 512*512)
		for b.Loop() {
			for _, p := range im.Planes {
				Normalise(dst, p.U8, 127.5, 255)
			}
		}
	})
}
