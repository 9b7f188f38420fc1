package models

import (
	"context"
	"math/rand/v2"
	"testing"

	"hpaflow/data"
)

// The training step of resnet18 at 128 px and 32 images; ms/image is what to
// read beside another framework's.
func BenchmarkTrainStep(b *testing.B) {
	const batch, size = 32, 128
	d, err := NewCPU(Options{Height: size, Width: size, Batch: batch})
	if err != nil {
		b.Fatal(err)
	}
	in := randomBatch(batch, size, size, 1)
	step := func() {
		if _, err := d.Train(context.Background(), in, 5e-4); err != nil {
			b.Fatal(err)
		}
	}
	step()
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N)/batch, "ms/image")
}

// randomBatch is noise with a tenth of the labels set.
func randomBatch(n, h, w int, seed uint64) *data.Batch {
	const channels, classes = 4, 28
	r := rand.New(rand.NewPCG(seed, 0))
	b := &data.Batch{N: n, C: channels, H: h, W: w, Classes: classes,
		X: make([]float32, n*channels*h*w), Y: make([]float32, n*classes)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		if r.Float64() < .1 {
			b.Y[i] = 1
		}
	}
	return b
}
