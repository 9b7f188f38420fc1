package machine

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
)

// Garbage keeps what has been given back, and lies in the heap, from adding up with
// what is taken next, where the process has a memory limit (debug.SetMemoryLimit).
// The runtime holds that limit as long as the collector gets processor time for it:
// where large values follow each other, or other processes keep the machine busy, it
// falls behind by as much as is in use. So who takes much waits for it.
type Garbage struct {
	taken  atomic.Int64 // bytes, since the heap was looked at
	mu     sync.Mutex
	others int64 // bytes of the heap that were not in use by the user's count
}

// smallPart is the part of a bound that may be taken before the heap is looked at,
// and that may lie there uncollected.
const smallPart = 32

// Clear is called before so many bytes are spent, of which used counts them too, under
// a bound. It runs the collector, and waits for it, where the heap has come to its
// limit and holds much that is not in use.
func (g *Garbage) Clear(bytes, bound int64, used func() int64) {
	if g.taken.Add(bytes) < bound/smallPart {
		return
	}
	g.taken.Store(0)
	g.mu.Lock()
	defer g.mu.Unlock()
	limit, objects := heap()
	if limit == math.MaxInt64 || objects+bytes <= limit || objects <= used()+g.others+bound/smallPart {
		return
	}
	runtime.GC()
	_, objects = heap()
	g.others = max(0, objects-used())
}

// heap gives its limit, and the bytes of its objects: in use, or not yet swept.
func heap() (limit, objects int64) {
	samples := []metrics.Sample{{Name: "/gc/gomemlimit:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64())
}
