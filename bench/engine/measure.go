package main

import (
	"cmp"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"
)

// measure is what one run of a case took.
type measure struct {
	micros  float64 // a record
	allocs  float64 // a record
	peak    float64 // MB of live and dead objects, over what was there before
	ordered bool
}

// timed runs a case once.
func timed(run func(workload) result, c workload) measure {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() { peak <- watchHeap(stop) }()
	start := time.Now()
	r := run(c)
	took := time.Since(start)
	close(stop)
	most := <-peak
	runtime.ReadMemStats(&after)
	n := float64(c.records)
	return measure{
		micros: float64(took.Microseconds()) / n, allocs: float64(after.Mallocs-before.Mallocs) / n,
		peak: max(0, float64(most)-float64(before.HeapAlloc)) / (1 << 20), ordered: r.ordered(),
	}
}

// watchHeap is the most that objects held until stop.
func watchHeap(stop <-chan struct{}) (most uint64) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for {
		metrics.Read(sample)
		most = max(most, sample[0].Value.Uint64())
		select {
		case <-stop:
			return most
		case <-ticker.C:
		}
	}
}

// tellsError plants an error in one record and asks whether the engine said so.
func tellsError(run func(workload) result, c workload) bool {
	c.records = min(c.records, 1000)
	c.failAt = c.records / 2
	return run(c).told
}

// medians gives the middle of each figure; runs are in order if all were.
func medians(all []measure) measure {
	m := measure{
		micros: middle(all, func(m measure) float64 { return m.micros }),
		allocs: middle(all, func(m measure) float64 { return m.allocs }),
		peak:   middle(all, func(m measure) float64 { return m.peak }), ordered: true,
	}
	for _, one := range all {
		m.ordered = m.ordered && one.ordered
	}
	return m
}

func middle[T any, N cmp.Ordered](all []T, of func(T) N) N {
	var list []N
	for _, v := range all {
		list = append(list, of(v))
	}
	slices.Sort(list)
	return list[len(list)/2]
}
