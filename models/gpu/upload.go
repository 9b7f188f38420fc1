//go:build gpu && linux

package gpu

import (
	"errors"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// slot is where a batch goes up to a card: pinned memory, and as much of the
// card's. It is taken again while other slots are in use, and grows to what its
// batches need.
type slot struct {
	pinned   []byte
	raw      cuda.Ptr
	size     int // of either
	pixels   kernels.Pixels
	targets  cuda.Ptr // behind the pixels
	used     bool
	copied   cuda.Event // the pinned memory is free
	consumed cuda.Event // the card's is
}

// newSlot makes a slot.
func (e *engine) newSlot() (*slot, error) {
	s := &slot{}
	for _, event := range []*cuda.Event{&s.copied, &s.consumed} {
		made, err := e.card.NewEvent(false)
		if err != nil {
			return nil, err
		}
		*event = made
		e.closers = append(e.closers, made.Destroy)
	}
	e.closers = append(e.closers, func() error { return s.free(e.card) })
	return s, nil
}

func (s *slot) free(c *cuda.Card) error {
	err := errors.Join(c.FreePinned(s.pinned), c.Free(s.raw))
	s.pinned, s.raw, s.size = nil, 0, 0
	return err
}

// fit makes the slot large enough.
func (s *slot) fit(e *engine, size int) (err error) {
	if size <= s.size {
		return nil
	}
	if s.used {
		if err := s.consumed.Synchronize(); err != nil {
			return err
		}
	}
	if err := s.free(e.card); err != nil {
		return err
	}
	if s.pinned, err = e.card.Pinned(size); err != nil {
		return err
	}
	if s.raw, err = e.card.Alloc(int64(size)); err != nil {
		return err
	}
	s.size = size
	return nil
}

// pixelsOf is the memory of some of a batch's samples as they lie there.
func pixelsOf(b *data.Batch, from, n int) ([]byte, kernels.Depth) {
	size := b.C * b.H * b.W
	lo, hi := from*size, (from+n)*size
	switch {
	case b.U8 != nil:
		return b.U8[lo:hi], kernels.U8
	case b.U16 != nil:
		return bytesOf(b.U16[lo:hi]), kernels.U16
	}
	return bytesOf(b.X[lo:hi]), kernels.Float
}

// upload copies n samples of a batch, and their targets if it has any, to the
// card. The batch has been read when it returns; the computing stream waits for
// the copy.
func (e *engine) upload(s *slot, r *result, b *data.Batch, from, n int) error {
	pixels, depth := pixelsOf(b, from, n)
	at := (len(pixels) + 15) / 16 * 16
	var targets []byte
	if b.Y != nil {
		targets = bytesOf(b.Y[from*e.options.Classes : (from+n)*e.options.Classes])
	}
	if s.used {
		if err := s.copied.Synchronize(); err != nil {
			return err
		}
	}
	if err := s.fit(e, at+len(targets)); err != nil {
		return err
	}
	copy(s.pinned, pixels)
	copy(s.pinned[at:], targets)
	s.pixels = kernels.Pixels{Ptr: s.raw, Depth: depth, N: n, C: b.C, H: b.H, W: b.W, PerImage: b.Norm == data.NormPerImage}
	s.targets = s.raw + cuda.Ptr(at)
	if s.used {
		if err := e.copying.Wait(s.consumed); err != nil {
			return err
		}
	}
	s.used = true
	if err := r.copying.Record(e.copying); err != nil {
		return err
	}
	if err := e.card.CopyToDevice(s.raw, s.pinned[:at+len(targets)], e.copying); err != nil {
		return err
	}
	for _, event := range []cuda.Event{r.copied, s.copied} {
		if err := event.Record(e.copying); err != nil {
			return err
		}
	}
	return e.compute.Wait(s.copied)
}

// see normalises a slot's images under a symmetry, into the input of a program.
func (e *engine) see(s *slot, p *plan.Program, view pixel.Dihedral) error {
	return e.kernels.Normalise(e.compute, e.mat(p, p.Input, s.pixels.N), s.pixels, view, e.memory.scratch)
}
