package flow

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"hpaflow/flow/machine"
)

// garbage keeps what records have left in the heap from adding up with those
// that come, where the process has a memory limit (debug.SetMemoryLimit). The
// runtime holds that limit as long as the collector gets processor time for it:
// where large values follow each other, or other processes keep the machine
// busy, it falls behind by as much as is in use. So a record that takes much
// waits for the collector, too.
type garbage struct {
	granted atomic.Int64 // bytes, since the heap was looked at
	mu      sync.Mutex
	others  int64 // bytes of the heap that no record held at the last collection
}

// smallPart is the part of a run's memory that may be granted before the heap is
// looked at, and that may lie there uncollected.
const smallPart = 32

// clear is called before a record spends what it was granted.
func (l *ledger) clear(bytes int64) {
	g := &l.garbage
	if g.granted.Add(bytes) < l.limit/smallPart {
		return
	}
	g.granted.Store(0)
	g.mu.Lock()
	defer g.mu.Unlock()
	limit, objects := machine.Heap()
	used, _ := l.read()
	if limit == math.MaxInt64 || objects+bytes <= limit || objects <= used+g.others+l.limit/smallPart {
		return
	}
	runtime.GC()
	_, objects = machine.Heap()
	used, _ = l.read()
	g.others = max(0, objects-used)
}
