package models

import (
	"context"
	"runtime"
	"testing"
)

// A process trains many networks, one after the other: the trials of a search,
// the members of an ensemble. Each gives back what it held.
func TestNetworksAreCollected(t *testing.T) {
	live := func() uint64 {
		var m runtime.MemStats
		for range 3 { // what a finaliser frees goes in the next round
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	train := func() {
		d, err := NewCPU(Options{Height: 32, Width: 32, Batch: 2})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Train(context.Background(), randomBatch(2, 32, 32, 1), 1e-3); err != nil {
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
