package cpu

import (
	"context"
	"runtime"
	"testing"

	"hpaflow/models"
	"hpaflow/models/network"
)

// After a few steps, which find out how much scratch memory each thread needs,
// a step allocates less than a hundredth of what its results hold, or, of networks
// with more operations than results, less than a MiB.
func TestStepAllocatesLittle(t *testing.T) {
	notForRaces(t)
	for _, name := range network.Names() {
		size, n := 96, 2
		if name == "densenet121" { // many layers with little in each
			size = 160
		}
		d, err := New(models.Options{Model: name, Height: size, Width: size, Batch: n, Accumulate: 2})
		if err != nil {
			t.Fatal(err)
		}
		b := randomBatch(n, size, size, 1)
		const steps = 4
		run := func() {
			for range steps {
				if _, err := models.Train(context.Background(), d, b, 1e-3); err != nil {
					t.Fatal(err)
				}
			}
		}
		run()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run()
		runtime.ReadMemStats(&after)
		step := (after.TotalAlloc - before.TotalAlloc) / steps
		share := float64(step) / float64(d.ActivationBytes())
		t.Logf("%s: a step allocates %d KiB, %.2f%% of its %d KiB of results", name, step>>10, 100*share, d.ActivationBytes()>>10)
		if share > .01 && step > 1<<20 {
			t.Errorf("%s: a step allocates %.2f%% of its results, want 1%%", name, 100*share)
		}
	}
}

// A process trains many networks, one after the other: the trials of a search,
// the members of an ensemble. Each gives back what it held.
func TestNetworksAreCollected(t *testing.T) {
	notForRaces(t)
	live := func() uint64 {
		var m runtime.MemStats
		for range 3 { // what a finaliser frees goes in the next round
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	train := func() {
		d, err := New(models.Options{Height: 32, Width: 32, Batch: 2})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := models.Train(context.Background(), d, randomBatch(2, 32, 32, 1), 1e-3); err != nil {
			t.Fatal(err)
		}
	}
	train()
	before := live()
	for range 2 {
		train()
	}
	if after := live(); after > before+20<<20 {
		t.Errorf("two more networks left %d MiB behind", (after-before)>>20)
	}
}
