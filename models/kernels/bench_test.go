package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The convolutions of resnet18 at 128 px and 16 images; gflops is what to read.
func BenchmarkConv(b *testing.B) {
	for _, s := range []ConvShape{
		{In: 4, Out: 64, H: 128, W: 128, KH: 7, KW: 7, StrideH: 2, StrideW: 2, PadH: 3, PadW: 3},
		{In: 64, Out: 64, H: 32, W: 32, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 64, Out: 128, H: 32, W: 32, KH: 3, KW: 3, StrideH: 2, StrideW: 2, PadH: 1, PadW: 1},
		{In: 128, Out: 128, H: 16, W: 16, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 256, Out: 256, H: 8, W: 8, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 512, Out: 512, H: 4, W: 4, KH: 3, KW: 3, PadH: 1, PadW: 1},
	} {
		const n = 16
		c, err := NewConv(s)
		if err != nil {
			b.Fatal(err)
		}
		ws := NewWorkspace()
		r := rand.New(rand.NewPCG(1, 1))
		x, w, y := normal(r, n*c.InSize()), normal(r, c.WeightSize()), normal(r, n*c.OutSize())
		flop := 2 * float64(n) * float64(c.OutSize()) * float64(c.In*c.KH*c.KW)
		for _, pass := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { c.Forward(ws, n, y, x, w) }},
			{"data", func() { c.BackwardData(ws, n, x, y, w) }},
			{"weights", func() { c.BackwardWeights(ws, n, w, y, x) }},
		} {
			b.Run(fmt.Sprintf("%dx%d/%dx%d/%s", s.In, s.Out, s.H, s.KH, pass.name), func(b *testing.B) {
				for b.Loop() {
					pass.run()
				}
				b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "gflops")
			})
		}
	}
}
