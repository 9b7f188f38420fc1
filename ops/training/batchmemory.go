package training

import (
	"slices"
	"sync"
)

// batchMemory keeps the pixels' memory of batches that are done with. A batch
// can have 100 MB and more, and to clear that anew for each takes as long as to
// fill it.
type batchMemory struct {
	mu   sync.Mutex
	free [][]float32
}

// mostFree is how many batches' memory is kept at hand: more come back at once
// only when a stream is about to end.
const mostFree = 4

// get gives n values, which may be anything.
func (m *batchMemory) get(n int) []float32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.free, func(x []float32) bool { return len(x) == n })
	if i < 0 {
		return make([]float32, n)
	}
	x := m.free[i]
	m.free = slices.Delete(m.free, i, i+1)
	return x
}

// put takes memory back.
func (m *batchMemory) put(x []float32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.free) == mostFree { // the oldest goes: sizes may have changed
		m.free = slices.Delete(m.free, 0, 1)
	}
	m.free = append(m.free, x)
}
