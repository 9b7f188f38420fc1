package kernels

import (
	"runtime"

	"hpaflow/models/cpu/pages"
)

// Workspace is scratch memory, kept between calls. One Workspace serves any
// number of layers that run one after the other; it must not serve two calls
// at once.
type Workspace struct {
	shared  scratch
	workers []scratch
	helpers []helper // the first is the thread that calls, and is none
}

// NewWorkspace makes a workspace for calls that use GOMAXPROCS threads.
func NewWorkspace() *Workspace { return NewWorkspaceOf(runtime.GOMAXPROCS(0)) }

// NewWorkspaceOf makes a workspace for calls that use so many threads.
func NewWorkspaceOf(threads int) *Workspace {
	ws := &Workspace{workers: make([]scratch, threads), helpers: make([]helper, threads)}
	for i := range ws.workers {
		ws.workers[i].thread = i
	}
	return ws
}

// Threads is how many threads calls use.
func (ws *Workspace) Threads() int { return len(ws.workers) }

// scratch is a set of grow-only buffers, by use.
type scratch struct {
	thread int // of its workspace
	floats [slots][]float32
	ints   []int // offsets of a tile
	wins   []uint8
	taps   []int

	// What is handed to the innermost loops by address lives here, since a
	// local of theirs would be allocated anew at each call.
	vectors [10]lane
	sums    [2 * Lanes]float32
	edges   [2][tileOut * tileOut * Lanes]float32 // tiles at the edge of an image

	alone *Workspace // of one thread, for layers within a piece of another
}

// inner is a workspace for layers that a piece of another one calls.
func (s *scratch) inner() *Workspace {
	if s.alone == nil {
		s.alone = NewWorkspaceOf(1)
	}
	return s.alone
}

// lane is a vector of zeros, one of several by number.
func (s *scratch) lane(i int) *lane {
	s.vectors[i] = lane{}
	return &s.vectors[i]
}

const (
	slotA       = iota // packed weights
	slotB              // products at the points of Winograd's transform
	slotC              // sums before they are put in place
	slotX              // padded or transformed images
	slotRows           // rows of tiles at the edge of an image
	slotKernels        // weights of a block of output channels
	slots
)

// get is a buffer of n values with whatever they held before.
func (s *scratch) get(slot, n int) []float32 {
	if cap(s.floats[slot]) < n {
		s.floats[slot] = pages.Make(n)
	}
	return s.floats[slot][:n]
}

// places is a buffer for where maxima came from.
func (s *scratch) places(n int) []uint8 {
	if cap(s.wins) < n {
		s.wins = make([]uint8, n)
	}
	return s.wins[:n]
}

// each calls do for 0..n-1 on the workspace's threads. Which thread takes
// which piece is left open, so pieces must not depend on one another. Where a
// piece panics, no further ones are begun and each panics with a Panic.
func (ws *Workspace) each(n int, do func(s *scratch, i int)) {
	threads := min(len(ws.workers), n)
	if threads <= 1 {
		for i := range n {
			do(&ws.workers[0], i)
		}
		return
	}
	j := &job{do: do, n: n}
	j.left.Store(int32(threads - 1))
	j.rest.Add(threads - 1)
	for t := 1; t < threads; t++ {
		ws.helpers[t].take(j, &ws.workers[t])
	}
	j.run(&ws.workers[0])
	for t := 1; t < threads; t++ {
		ws.helpers[t].forget(j)
	}
	j.wait()
	if p := j.fault.Load(); p != nil {
		panic(p)
	}
}

// Each calls do for 0..n-1 on the workspace's threads, in any order.
func (ws *Workspace) Each(n int, do func(i int)) {
	ws.each(n, func(_ *scratch, i int) { do(i) })
}

// Alone is Each whose pieces do all their work on the thread they run on, one of
// Threads, with a workspace of its own.
func (ws *Workspace) Alone(n int, do func(ws *Workspace, thread, i int)) {
	ws.each(n, func(s *scratch, i int) { do(s.inner(), s.thread, i) })
}

// split cuts 0..n-1 into runs of at most size and calls do for each.
func (ws *Workspace) split(n, size int, do func(lo, hi int)) {
	ws.each(ceil(n, size), func(_ *scratch, i int) {
		do(i*size, min(n, (i+1)*size))
	})
}

func ceil(a, b int) int { return (a + b - 1) / b }
