package training

import (
	"slices"
	"sync"

	"hpaflow/data"
)

// batchMemory keeps the pixels' memory of batches that are done with. A batch
// can have 100 MB and more, and to clear that anew for each takes as long as to
// fill it.
type batchMemory struct {
	flat   pool[uint8]
	deep   pool[uint16]
	floats pool[float32] // of mixed batches
}

// put takes a batch's memory back.
func (m *batchMemory) put(b *data.Batch) {
	if b.U8 != nil {
		m.flat.put(b.U8)
	}
	if b.U16 != nil {
		m.deep.put(b.U16)
	}
	if b.X != nil {
		m.floats.put(b.X)
	}
}

// pool is memory at hand, by its exact length.
type pool[T any] struct {
	mu   sync.Mutex
	free [][]T
}

// mostFree is how many batches' memory is kept at hand: more come back at once
// only when a stream is about to end.
const mostFree = 4

// get gives n values, which may be anything.
func (p *pool[T]) get(n int) []T {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.free, func(x []T) bool { return len(x) == n })
	if i < 0 {
		return make([]T, n)
	}
	x := p.free[i]
	p.free = slices.Delete(p.free, i, i+1)
	return x
}

// put takes memory back.
func (p *pool[T]) put(x []T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == mostFree { // the oldest goes: sizes may have changed
		p.free = slices.Delete(p.free, 0, 1)
	}
	p.free = append(p.free, x)
}
