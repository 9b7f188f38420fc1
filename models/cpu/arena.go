package cpu

import (
	"gorgonia.org/tensor"

	"hpaflow/models/cpu/pages"
)

// arena lends the results of a graph's operations their memory. A result goes
// back once its last reader has run, so that a step needs about as much memory
// as its largest moment, and a second step, which asks for the same in the
// same order, takes none.
type arena struct {
	free  map[int][]*buffer         // by size
	live  map[tensor.Tensor]*buffer // lent in this run and not back yet
	bytes int64                     // of all buffers
}

type buffer struct {
	tensor  *tensor.Dense
	data    []float32
	readers int // that have still to run; kept buffers stay until the run ends
	kept    bool
}

func newArena() *arena {
	return &arena{free: map[int][]*buffer{}, live: map[tensor.Tensor]*buffer{}}
}

// reset takes everything back: the results of the last run are void.
func (a *arena) reset() {
	for _, b := range a.live {
		a.giveBack(b)
	}
	clear(a.live)
}

func (a *arena) giveBack(b *buffer) { a.free[len(b.data)] = append(a.free[len(b.data)], b) }

// take lends a buffer for a result of so many values, with so many readers.
func (a *arena) take(size, readers int, kept bool) *buffer {
	var b *buffer
	if list := a.free[size]; len(list) > 0 {
		b = list[len(list)-1]
		a.free[size] = list[:len(list)-1]
	} else {
		data := pages.Make(size)
		b = &buffer{data: data, tensor: tensor.New(tensor.WithShape(size), tensor.WithBacking(data))}
		a.bytes += 4 * int64(size)
	}
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
		a.giveBack(b)
	}
}
