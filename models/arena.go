package models

import "gorgonia.org/tensor"

// arena lends the results of a graph's operations their memory. A result goes
// back once its last reader has run, so that a step needs about as much memory
// as its largest moment, and a second step allocates nothing.
type arena struct {
	free map[[imageDims]int][]*buffer // by shape
	live map[tensor.Tensor]*buffer    // lent in this run and not back yet
}

// imageDims is the most dimensions of a result: an image in blocks.
const imageDims = 5

type buffer struct {
	shape   [imageDims]int
	tensor  *tensor.Dense
	data    []float32
	readers int // that have still to run; kept buffers stay until the run ends
	kept    bool
}

func newArena() *arena {
	return &arena{free: map[[imageDims]int][]*buffer{}, live: map[tensor.Tensor]*buffer{}}
}

// reset takes everything back: the results of the last run are void.
func (a *arena) reset() {
	for _, b := range a.live {
		a.free[b.shape] = append(a.free[b.shape], b)
	}
	clear(a.live)
}

// take lends a buffer for a result with so many readers.
func (a *arena) take(shape tensor.Shape, readers int, kept bool) *buffer {
	var key [imageDims]int
	copy(key[:], shape)
	var b *buffer
	if list := a.free[key]; len(list) > 0 {
		b = list[len(list)-1]
		a.free[key] = list[:len(list)-1]
	} else {
		data := make([]float32, shape.TotalSize())
		b = &buffer{shape: key, data: data, tensor: tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))}
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
		a.free[b.shape] = append(a.free[b.shape], b)
	}
}
