//go:build gpu && linux

package gpu

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/cpu"
)

// allViews are those of test-time augmentation.
var allViews = []pixel.Dihedral{
	pixel.Identity, pixel.FlipLR, pixel.FlipUD, pixel.FlipLR | pixel.FlipUD,
	pixel.Transpose, pixel.Transpose | pixel.FlipLR, pixel.Transpose | pixel.FlipUD, pixel.Transpose | pixel.FlipLR | pixel.FlipUD,
}

func newNetwork(t testing.TB, b *Backend, o models.Options, flights int) *Network {
	t.Helper()
	n, err := b.newNetwork(o, cmp.Or(flights, b.Flights()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// A network gives the processor's logits, of each of eight views; and so does a
// training device, in its own order of views.
func TestPredictingEqualsTheProcessors(t *testing.T) {
	o := small(models.Options{Seed: 1})
	p, err := cpu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	train(t, p, 1e-3, 1)
	s := state(t, p)
	b := randomBatch(3, 32, 32, 2)
	want, err := p.Predict(context.Background(), b, allViews...)
	if err != nil {
		t.Fatal(err)
	}
	n := newNetwork(t, backend(t, "fp32"), o, 0)
	if _, err := n.Load(s.Weights); err != nil {
		t.Fatal(err)
	}
	got, err := n.Predict(context.Background(), b, allViews...)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "logits", got, want, 1e-4)
	d := device(t, backend(t, "fp32"), o)
	if err := d.Load(s); err != nil {
		t.Fatal(err)
	}
	twice := slices.Concat(allViews, allViews)
	onDevice, err := d.Predict(context.Background(), b, twice...)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "logits twice", onDevice, slices.Concat(want, want), 1e-4)
	one, err := n.Predict(context.Background(), b)
	if err != nil || !slices.Equal(one, got[:3*28]) {
		t.Errorf("as they are: %v, %v", one, err)
	}
}

// A sample's logits do not depend on the batch it comes in.
func TestPredictAnyBatchSize(t *testing.T) {
	n := newNetwork(t, backend(t, "fp32"), small(models.Options{Seed: 1}), 0)
	b := randomBatch(4, 32, 32, 2)
	all, err := n.Predict(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	size := 4 * 32 * 32
	part := *b
	part.N, part.X, part.Y = 1, b.X[2*size:3*size], nil
	one, err := n.Predict(context.Background(), &part)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "alone", one, all[2*28:3*28], 1e-6)
}

// Any number of goroutines may predict, and while weights are changed under them
// get either those or the new ones; what was chosen for one network serves
// another, to the bit.
func TestPredictingFromManyGoroutines(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	o := small(models.Options{Seed: 1})
	b := backend(t, "bf16")
	weights := map[uint64][]models.Tensor{}
	for _, seed := range []uint64{1, 2} {
		o.Seed = seed
		p, err := cpu.New(o)
		if err != nil {
			t.Fatal(err)
		}
		weights[seed] = state(t, p).Weights
	}
	n, err := b.newNetwork(o, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	batch := randomBatch(4, 32, 32, 2)
	logits := func(seed uint64) []float32 {
		if _, err := n.Load(weights[seed]); err != nil {
			t.Fatal(err)
		}
		l, err := n.Predict(context.Background(), batch, allViews...)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	later := logits(2)
	first := logits(1)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			got, err := n.Predict(context.Background(), batch, allViews...)
			if err != nil || !slices.Equal(got, first) && !slices.Equal(got, later) {
				t.Errorf("other logits, %v", err)
			}
		})
	}
	if _, err := n.Load(weights[2]); err != nil {
		t.Error(err)
	}
	all.Wait()
	chosen, err := n.Choices()
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.newNetwork(o, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if note, err := other.Choose(chosen); err != nil || note != "" {
		t.Errorf("note %q, %v", note, err)
	}
	if _, err := other.Load(weights[2]); err != nil {
		t.Fatal(err)
	}
	if got, err := other.Predict(context.Background(), batch, allViews...); err != nil || !slices.Equal(got, later) {
		t.Errorf("with the other's choices other logits, %v", err)
	}
	strange := strings.ReplaceAll(string(chosen), b.cards[0].Name, "another card")
	if note, err := other.Choose([]byte(strange)); err != nil || !strings.Contains(note, "chosen for another card with cuDNN") {
		t.Errorf("note %q, %v", note, err)
	}
	if _, err := other.Choose([]byte("{}")); err == nil {
		t.Error("an object was taken for choices")
	}
}

// Two cards share batches out, and give what one gives.
func TestCardsShareBatchesOut(t *testing.T) {
	o := small(models.Options{Seed: 1})
	n, one := newNetwork(t, backend(t, "fp32", 0, 1), o, 0), newNetwork(t, backend(t, "fp32"), o, 0)
	if cap(n.free) != 2*flightsOfCard || len(n.engines) != 2 {
		t.Fatalf("%d flights on %d cards", cap(n.free), len(n.engines))
	}
	for seed := range uint64(3) { // seats are taken in turn, so both cards have some
		b := randomBatch(4, 32, 32, seed)
		got, err := n.Predict(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		want, err := one.Predict(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, "logits", got, want, 1e-4)
	}
}

// An observer hears of each operation that is done, with its time on the card,
// and what comes of it is the same.
func TestObserverHearsOfEveryOperation(t *testing.T) {
	n := newNetwork(t, backend(t, "tf32"), small(models.Options{Seed: 1}), 1)
	b := randomBatch(2, 32, 32, 1)
	want, err := n.Predict(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var flops float64
	n.Observe(func(name string, took time.Duration, f float64) {
		names, flops = append(names, name), flops+f
		if took < 0 {
			t.Errorf("%s took %v", name, took)
		}
	})
	got, err := n.Predict(context.Background(), b)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("observed: %v, %v", got, err)
	}
	if p := n.engines[0].programs[0]; len(names) != len(p.Steps) || names[0] != "conv conv1" || flops < 70e6 {
		t.Errorf("%d operations of %d, %v, %v flops", len(names), len(p.Steps), names, flops)
	}
	n.Observe(nil)
	if _, err := n.Predict(context.Background(), b); err != nil || len(names) != len(n.engines[0].programs[0].Steps) {
		t.Errorf("afterwards %d operations, %v", len(names), err)
	}
}

// What cannot be predicted is refused.
func TestNetworkRefuses(t *testing.T) {
	n := newNetwork(t, backend(t, "fp32"), models.Options{Height: 32, Width: 48, Batch: 2}, 1)
	weights := outline(n.engines[0].params)
	if _, err := n.Load(weights[:len(weights)-1]); err == nil || !strings.Contains(err.Error(), "last_linear.bias is missing") {
		t.Errorf("error %v", err)
	}
	if _, err := n.Predict(context.Background(), randomBatch(2, 32, 48, 1), pixel.Transpose); err == nil || !strings.Contains(err.Error(), "has another size") {
		t.Errorf("error %v", err)
	}
	if _, err := n.Predict(context.Background(), randomBatch(3, 32, 48, 1)); err == nil {
		t.Error("a batch of three was taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := <-n.free // as if a batch were in flight
	if _, err := n.Predict(ctx, randomBatch(1, 32, 48, 1)); err == nil {
		t.Error("a cancelled call was answered")
	}
	n.free <- s
}

// Statistics of one pass over batches of several sizes are the processor's.
func TestStatisticsEqualTheProcessors(t *testing.T) {
	o := models.Options{Seed: 1, Height: 64, Width: 64, Batch: 4}
	p, err := cpu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	weights := state(t, p).Weights
	want, err := cpu.Backend{}.NewStatistics(o, weights)
	if err != nil {
		t.Fatal(err)
	}
	got, err := backend(t, "fp32").newStatistics(o, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if _, err := got.Weights(); err == nil {
		t.Error("statistics of no batch")
	}
	var lists [2][]models.Tensor
	for i, s := range []models.Statistics{want, got} {
		for seed, n := range []int{4, 4, 2, 3} {
			if err := s.Add(context.Background(), randomBatch(n, 64, 64, uint64(seed))); err != nil {
				t.Fatal(err)
			}
		}
		if lists[i], err = s.Weights(); err != nil {
			t.Fatal(err)
		}
	}
	nearTensors(t, lists[1], lists[0], 1e-4, .1)
}
