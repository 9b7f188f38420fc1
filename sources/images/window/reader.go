package window

import (
	"slices"
	"sync"
)

// ahead is how many extents are read before they are asked for, at once: enough
// for a link on which a request takes as long as to read a few extents.
const ahead = 4

// Reader reads the extents of an epoch ahead of its visits, and forgets each
// after the last of its records. It is used by one goroutine.
type Reader[T any] struct {
	layout *Layout
	visits []Visit
	read   func(records []int32) []T

	order []int32 // the extents, each where its first record comes
	ranks []int32 // by extent: its place in that
	left  []int32 // by extent: records that have not come yet

	held    map[int32]chan []T // that are being read, or have been
	at      int                // the visit that comes next
	readers sync.WaitGroup
}

// NewReader reads for visits. It begins with the first that is asked for: read,
// which is called by several goroutines, reads records of one extent, in the order
// they stand in, and gives one value for each.
func NewReader[T any](l *Layout, visits []Visit, read func(records []int32) []T) *Reader[T] {
	r := &Reader[T]{layout: l, visits: visits, read: read, ranks: make([]int32, l.Extents()), left: make([]int32, l.Extents()), held: map[int32]chan []T{}}
	for _, v := range visits {
		if r.left[v.Extent] == 0 {
			r.ranks[v.Extent] = int32(len(r.order))
			r.order = append(r.order, v.Extent)
		}
		r.left[v.Extent]++
	}
	return r
}

// Skip passes the next visit by. What is only passed by is not read.
func (r *Reader[T]) Skip() { r.done(r.visits[r.at].Extent) }

// Take gives what was read of the next visit, and waits for it.
func (r *Reader[T]) Take() T {
	v := r.visits[r.at]
	rank := int(r.ranks[v.Extent])
	for _, extent := range r.order[rank:min(rank+1+ahead, len(r.order))] {
		r.begin(extent)
	}
	values := <-r.held[v.Extent]
	r.held[v.Extent] <- values
	value := values[slices.Index(r.layout.Records(int(v.Extent)), v.Record)]
	r.done(v.Extent)
	return value
}

func (r *Reader[T]) begin(extent int32) {
	if r.held[extent] != nil || r.left[extent] == 0 {
		return
	}
	into := make(chan []T, 1)
	r.held[extent] = into
	r.readers.Go(func() { into <- r.read(r.layout.Records(int(extent))) })
}

func (r *Reader[T]) done(extent int32) {
	r.at++
	if r.left[extent]--; r.left[extent] == 0 {
		delete(r.held, extent)
	}
}

// Close waits for what is being read.
func (r *Reader[T]) Close() { r.readers.Wait() }
