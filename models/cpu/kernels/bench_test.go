//go:build unix

package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The convolutions of a resnet at 256 px and 8 images; gflops, counted as a
// direct convolution and by processor time of all threads, is what to read.
func BenchmarkConv(b *testing.B) {
	for _, s := range []ConvShape{
		{In: 4, Out: 64, H: 256, W: 256, KH: 7, KW: 7, StrideH: 2, StrideW: 2, PadH: 3, PadW: 3, Plain: true},
		{In: 64, Out: 64, H: 64, W: 64, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 64, Out: 128, H: 64, W: 64, KH: 3, KW: 3, StrideH: 2, StrideW: 2, PadH: 1, PadW: 1},
		{In: 128, Out: 128, H: 32, W: 32, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 256, Out: 256, H: 16, W: 16, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 512, Out: 512, H: 8, W: 8, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 256, Out: 512, H: 16, W: 16, KH: 1, KW: 1},
		{In: 64, Out: 64, H: 64, W: 64, KH: 1, KW: 1},
		{In: 160, Out: 192, H: 17, W: 17, KH: 1, KW: 7, PadW: 3},
		{In: 256, Out: 256, H: 32, W: 32, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 32},
	} {
		const n = 8
		s.Batch = n
		c, err := NewConv(s)
		if err != nil {
			b.Fatal(err)
		}
		ws := NewWorkspace()
		r := rand.New(rand.NewPCG(1, 1))
		x, w, y := normal(r, n*c.InSize()), normal(r, c.WeightSize()), normal(r, n*c.OutSize())
		packed := c.Pack(ws, w)
		for _, pass := range []struct {
			name string
			run  func()
		}{
			{"infer", func() { c.Infer(ws, n, y, x, packed, Epilogue{}) }},
			{"forward", func() { c.Forward(ws, n, y, x, w) }},
			{"data", func() { c.BackwardData(ws, n, x, y, w) }},
			{"weights", func() { c.BackwardWeights(ws, n, w, y, x) }},
		} {
			if pass.name == "data" && s.Plain {
				continue
			}
			b.Run(fmt.Sprintf("%dx%d/%dx%d/%s", s.In, s.Out, s.H, s.KH, pass.name), func(b *testing.B) {
				measure(b, n*c.Flops(), pass.run)
			})
		}
	}
}

// The most multiply-adds a thread does: a tile whose operands stay in the first
// cache. What the other benchmarks reach, with GOMAXPROCS=1, is a share of it.
func BenchmarkPeak(b *testing.B) {
	const taps = 64
	m := machines[0]
	blocks, pixels := m.blocks, m.pixels[m.blocks]
	x, w, y := make([]float32, maxPixels*Lanes), make([]float32, Lanes*maxBlocks*Lanes*taps), make([]float32, maxPixels*maxBlocks*Lanes)
	offsets := make([]int, taps)
	measure(b, float64(2*pixels*blocks*Lanes*Lanes*taps), func() {
		m.convTiles[blocks][pixels](1, 0, 0, taps, &offsets[0], Lanes, &x[0], laneBytes, &w[0], &y[0], laneBytes, maxPixels*laneBytes, nil, nil, 0, nil, 0)
	})
}

// What multiply-adds alone do in registers: nothing does more.
func BenchmarkFMA(b *testing.B) {
	for _, m := range machines {
		b.Run(m.name, func(b *testing.B) {
			measure(b, float64(1000*m.peakFlops), func() { m.fmaPeak(1000) })
		})
	}
}

// measure reports the speed of run by processor time, which other processes
// disturb less than they do the clock.
func measure(b *testing.B, flops float64, run func()) {
	run()
	start := cpuSeconds()
	for b.Loop() {
		run()
	}
	b.ReportMetric(flops*float64(b.N)/(cpuSeconds()-start)/1e9, "gflops")
}

// The products and the attention of a layer of SubCell's network, of two images.
func BenchmarkTokens(b *testing.B) {
	const tokens, width, heads, n = 785, 768, 12, 2
	ws, r := NewWorkspace(), rand.New(rand.NewPCG(1, 1))
	for _, s := range [][2]int{{width, 3 * width}, {width, width}, {width, 4 * width}, {4 * width, width}} {
		c, err := NewConv(ConvShape{In: s[0], Out: s[1], H: 1, W: tokens, KH: 1, KW: 1, Batch: n})
		if err != nil {
			b.Fatal(err)
		}
		x, w, y := normal(r, n*c.InSize()), normal(r, c.WeightSize()), normal(r, n*c.OutSize())
		packed := c.Pack(ws, w)
		b.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(b *testing.B) {
			measure(b, n*c.Flops(), func() { c.Infer(ws, n, y, x, packed, Epilogue{}) })
		})
	}
	a, err := NewSelfAttention(heads, width/heads, tokens)
	if err != nil {
		b.Fatal(err)
	}
	y, x := normal(r, n*width*tokens), normal(r, 3*n*width*tokens)
	b.Run("attention", func(b *testing.B) {
		measure(b, n*a.Flops(), func() { a.Forward(ws, n, y, x) })
	})
}
