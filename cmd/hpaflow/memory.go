package main

import (
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// holdMemory keeps the process near the memory that a run was given, until
// stop: the bound of a run counts what is in use, and without more the
// collector lets as much again lie about before it clears up. A limit that the
// environment sets is left alone.
func holdMemory(given int64) (stop func()) {
	if given == 0 || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetMemoryLimit(collectFrom(given, 0))
	ended := make(chan struct{})
	go func() {
		ticks := time.NewTicker(memoryTick)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				debug.SetMemoryLimit(collectFrom(given, inUse()))
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		debug.SetMemoryLimit(before)
	}
}

const memoryTick = 500 * time.Millisecond

// collectFrom is the limit for the collector. Where much more is in use than
// the records in flight can be, as the weights of a network, what a run was
// given is granted on top of it: a limit that cannot be kept would have the
// collector run without end.
func collectFrom(given, inUse int64) int64 {
	const buffers = 64 << 20
	limit := given / 4 * 3
	if inUse > given/4*5+buffers {
		limit += inUse
	}
	return limit
}

// inUse is what the last collection left.
func inUse() int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() != metrics.KindUint64 {
		return math.MaxInt32
	}
	return int64(live[0].Value.Uint64())
}
