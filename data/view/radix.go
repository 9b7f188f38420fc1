package view

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// radix sorts rows by their keys, and leaves equal ones as they are.
func radix(keys, rows []uint32) []uint32 {
	const bits = 11
	keys2, rows2 := make([]uint32, len(keys)), make([]uint32, len(rows))
	for shift := 0; shift < 32; shift += bits {
		var count [1 << bits]int
		for _, k := range keys {
			count[k>>shift&(1<<bits-1)]++
		}
		at := 0
		for i, n := range count {
			count[i], at = at, at+n
		}
		for i, k := range keys {
			to := &count[k>>shift&(1<<bits-1)]
			keys2[*to], rows2[*to] = k, rows[i]
			*to++
		}
		keys, keys2, rows, rows2 = keys2, keys, rows2, rows
	}
	return rows
}

// inParts does so many things, in parts of a size, on all processors.
func inParts(n, size int, do func(from, to int)) {
	var next atomic.Int64
	work := func() {
		for {
			from := int(next.Add(int64(size))) - size
			if from >= n {
				return
			}
			do(from, min(n, from+size))
		}
	}
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+size-1)/size) - 1 {
		done.Go(work)
	}
	work()
	done.Wait()
}
