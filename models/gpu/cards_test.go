//go:build gpu && linux

package gpu

import (
	"context"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/models"
)

// twice is a batch whose second half is its first, so that each of two cards has
// the statistics of the whole.
func twice(seed uint64) *data.Batch {
	b := randomBatch(2, 64, 64, seed)
	b.N, b.X, b.Y = 4, slices.Concat(b.X, b.X), slices.Concat(b.Y, b.Y)
	return b
}

// Two cards with half of each batch come to what one comes to with the whole,
// where halves have the statistics of the whole; and two runs of two cards to the
// same bits.
func TestTwoCardsEqualOne(t *testing.T) {
	for _, o := range []models.Options{
		{Seed: 1, Accumulate: 2, Optimizer: models.OptimizerOptions{Kind: "sgd"}},
		{Seed: 1, Optimizer: models.OptimizerOptions{Kind: "sgd"}},
	} {
		if o.Accumulate == 0 && !longRun() {
			continue
		}
		o.Height, o.Width, o.Batch = 64, 64, 4
		one, two, again := device(t, backend(t, "fp32"), o), device(t, backend(t, "fp32", 0, 1), o), device(t, backend(t, "fp32", 0, 1), o)
		if err := again.Load(state(t, two)); err != nil { // the same algorithms
			t.Fatal(err)
		}
		for _, seed := range []uint64{1, 2} {
			want, err := models.Train(context.Background(), one, twice(seed), 2e-3)
			if err != nil {
				t.Fatal(err)
			}
			got, err := models.Train(context.Background(), two, twice(seed), 2e-3)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "logits", got.Logits, want.Logits, 1e-3)
			closeTo(t, "loss", []float32{float32(got.Loss)}, []float64{want.Loss}, 1e-4)
			if _, err := models.Train(context.Background(), again, twice(seed), 2e-3); err != nil {
				t.Fatal(err)
			}
		}
		nearTensors(t, trainable(state(t, two)), trainable(state(t, one)), 1e-2, .1)
		sameState(t, state(t, again), state(t, two))
		for _, e := range two.engines[1:] { // all cards have the same weights
			same(t, two.engines[0], e)
		}
	}
}

// trainable leaves out the running statistics, whose variances are those of
// fewer values on each of two cards.
func trainable(s models.State) (list []models.Tensor) {
	for _, w := range s.Weights {
		if l := len(w.Name); l < 12 || w.Name[l-11:] != "running_var" && w.Name[l-12:] != "running_mean" {
			list = append(list, w)
		}
	}
	return list
}

func same(t *testing.T, a, b *engine) {
	t.Helper()
	var weights [2]flat
	for i, e := range []*engine{a, b} {
		err := e.do(func() (err error) {
			weights[i], err = e.get(e.memory.weights, e.params.Trainable)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(weights[0], weights[1]) {
		t.Error("two cards have other weights")
	}
}

// A batch that leaves a card without a sample, or with fewer than another, is a
// step of all its samples alike; logits keep the order of the samples.
func TestUnequalPartsCountBySamples(t *testing.T) {
	for precision, off := range map[string]float64{"fp32": 1e-5, "bf16": 1e-2} {
		o := models.Options{Seed: 1, Height: 48, Width: 48, Batch: 4, Optimizer: models.OptimizerOptions{Kind: "sgd"}}
		one, two := device(t, backend(t, precision), o), device(t, backend(t, precision, 0, 1), o)
		for _, n := range []int{1, 3, 4} {
			b := randomBatch(n, 48, 48, uint64(n))
			want, err := one.Predict(context.Background(), b, allViews[:2]...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := two.Predict(context.Background(), b, allViews[:2]...)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "predicted", got, want, .02)
		}
		b := randomBatch(1, 48, 48, 1)
		want, err := models.Train(context.Background(), one, b, .01)
		if err != nil {
			t.Fatal(err)
		}
		got, err := models.Train(context.Background(), two, b, .01)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, "logits", got.Logits, want.Logits, off)
		nearTensors(t, trainable(state(t, two)), trainable(state(t, one)), off, .1)
		same(t, two.engines[0], two.engines[1])
	}
}
