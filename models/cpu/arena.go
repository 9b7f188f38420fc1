package cpu

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"hpaflow/models/cpu/buffers"
	"hpaflow/models/cpu/pages"
)

// arena lends the results of a graph's operations their memory. A first run, in
// which nothing is computed, tells it which results there are and when each is read
// for the last time; each has its place in one piece of memory from then on, so that
// a step needs little more than its largest moment, and takes none.
type arena struct {
	lent    []*buffer // in the order of a run
	planned bool      // they have places
	next    int       // to lend in this run
	live    map[tensor.Tensor]*buffer
	memory  []float32
	blank   []float32 // stands for all memory in the first run; nothing is written there
}

type buffer struct {
	tensor  *tensor.Dense
	data    []float32
	readers int // that have still to run; kept buffers stay until the run ends
	kept    bool

	span buffers.Span // in numbers of what was lent
}

func newArena() *arena { return &arena{live: map[tensor.Tensor]*buffer{}} }

// reset takes everything back: the results of the last run are void.
func (a *arena) reset() {
	clear(a.live)
	a.next = 0
}

// plan gives what a run has lent its places.
func (a *arena) plan() {
	spans := make([]buffers.Span, len(a.lent))
	for i, b := range a.lent {
		spans[i] = b.span
	}
	at, size := buffers.Arrange(spans)
	a.memory, a.blank = pages.Make(size), nil
	for i, b := range a.lent {
		b.data = a.memory[at[i]:][:b.span.Size:b.span.Size]
		b.tensor = over(b.data)
	}
	a.planned = true
}

func over(data []float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(data)), tensor.WithBacking(data))
}

// bytes is the memory of all buffers.
func (a *arena) bytes() int64 { return 4 * int64(len(a.memory)) }

// take lends a buffer for a result of so many values, with so many readers.
func (a *arena) take(size, readers int, kept bool) *buffer {
	if !a.planned {
		if len(a.blank) < size {
			a.blank = make([]float32, size)
		}
		a.lent = append(a.lent, &buffer{tensor: over(a.blank[:size]), span: buffers.Span{Size: size, From: len(a.lent), To: math.MaxInt}})
	}
	b := a.lent[a.next]
	if b.span.Size != size {
		panic(fmt.Sprintf("arena: result %d has %d values, and had %d in the first run", a.next, size, b.span.Size))
	}
	a.next++
	b.readers, b.kept = readers, kept
	a.live[b.tensor] = b
	return b
}

// inherit lends a dying input's buffer to the result that is computed in
// place of it, or gives nil when others have still to read the input.
func (a *arena) inherit(input tensor.Tensor, readers int, kept bool) *buffer {
	b := a.live[input]
	if b == nil || b.kept || b.readers != 1 {
		return nil
	}
	b.readers, b.kept = readers, kept
	return b
}

// done notes that one reader of a result has run.
func (a *arena) done(input tensor.Tensor) {
	b := a.live[input]
	if b == nil || b.kept {
		return
	}
	if b.readers--; b.readers == 0 {
		delete(a.live, input)
		b.span.To = a.next - 1
	}
}
