package images

import (
	"hpaflow/data"
	"hpaflow/data/codec"
)

// stack puts slices together that are files of their own: of each pixel the brightest,
// or the mean to the nearest and halves up, as package codec does with those of one file.
type stack struct {
	of     []int // each file's plane
	planes int
	choice func(data.File) codec.Choice
	mean   bool

	scratch *data.Image // of a slice, unless it is a channel's first
	sums    []uint32    // of a channel's slices, for the mean
	n       uint32      // slices that a channel has come to
}

func newStack(files []data.File, r *Reading) *stack {
	s := &stack{of: make([]int, len(files)), choice: r.Choice.For, mean: r.Choice.Z.Projection() == "mean"}
	for i, f := range files {
		if i > 0 && f.Channel != files[i-1].Channel {
			s.planes++
		}
		s.of[i] = s.planes
	}
	if s.planes++; s.several() {
		s.choice = func(f data.File) codec.Choice { return r.Choice.For(f).OfSlice() }
	}
	return s
}

// several says that a channel has more than one file.
func (s *stack) several() bool { return s.planes < len(s.of) }

// held is how many planes are in memory.
func (s *stack) held() int {
	switch {
	case !s.several():
		return s.planes
	case s.mean:
		return s.planes + 5 // a slice, and sums of four bytes a pixel
	}
	return s.planes + 1
}

// plane is where a file's pixels go.
func (s *stack) plane(im *data.Image, file int) data.Plane {
	if file == 0 || s.of[file] != s.of[file-1] {
		return im.Planes[s.of[file]]
	}
	if s.scratch == nil {
		s.scratch = data.NewImage(im.Width, im.Height, 1, im.Depth())
	}
	return s.scratch.Planes[0]
}

// add takes in a file whose pixels have come.
func (s *stack) add(im *data.Image, file int) {
	if !s.several() {
		return
	}
	to := im.Planes[s.of[file]]
	first, last := file == 0 || s.of[file] != s.of[file-1], file+1 == len(s.of) || s.of[file] != s.of[file+1]
	if first {
		if s.n = 1; s.mean && !last {
			s.sums = append(s.sums[:0], make([]uint32, im.Width*im.Height)...)
			addTo(s.sums, to.U8)
			addTo(s.sums, to.U16)
		}
		return
	}
	from := s.scratch.Planes[0]
	if s.n++; !s.mean {
		brightest(to.U8, from.U8)
		brightest(to.U16, from.U16)
		return
	}
	addTo(s.sums, from.U8)
	addTo(s.sums, from.U16)
	if last {
		meanOf(to.U8, s.sums, s.n)
		meanOf(to.U16, s.sums, s.n)
	}
}

func brightest[T uint8 | uint16](to, from []T) {
	for i, v := range from {
		to[i] = max(to[i], v)
	}
}

func addTo[T uint8 | uint16](sums []uint32, from []T) {
	for i, v := range from {
		sums[i] += uint32(v)
	}
}

func meanOf[T uint8 | uint16](to []T, sums []uint32, n uint32) {
	for i := range to {
		to[i] = T((2*uint64(sums[i]) + uint64(n)) / (2 * uint64(n)))
	}
}
