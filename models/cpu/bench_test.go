package cpu

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"hpaflow/data"
	"hpaflow/models"
)

// The training step and inference; ms/image is what to read beside another
// framework's.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		model       string
		size, batch int
	}{{"resnet18", 64, 16}, {"resnet18", 128, 32}, {"resnet18", 256, 8}, {"resnet34", 256, 8}, {"resnet34", 512, 4}} {
		b.Run(fmt.Sprintf("%s/%d", c.model, c.size), func(b *testing.B) {
			d, err := New(models.Options{Model: c.model, Height: c.size, Width: c.size, Batch: c.batch})
			if err != nil {
				b.Fatal(err)
			}
			in := randomBatch(c.batch, c.size, c.size, 1)
			for _, mode := range []struct {
				name string
				step func() error
			}{
				{"train", func() error { _, err := models.Train(context.Background(), d, in, 5e-4); return err }},
				{"infer", func() error { _, err := d.Predict(context.Background(), in); return err }},
			} {
				b.Run(mode.name, func(b *testing.B) {
					if err := mode.step(); err != nil {
						b.Fatal(err)
					}
					b.ReportAllocs()
					for b.Loop() {
						if err := mode.step(); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N*c.batch), "ms/image")
				})
			}
		})
	}
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
