package batches

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"hpaflow/data"
)

// ring is memory that is shared with the reader, in slots.
type ring struct {
	fd    int
	slots int
	size  int // bytes of a slot; 0 before the first batch
	mem   []byte
	free  chan int
}

func newRing(fd, slots int) *ring {
	r := &ring{fd: fd, slots: slots, free: make(chan int, slots)}
	for slot := range slots {
		r.free <- slot
	}
	return r
}

// errReader is the cause of a run whose reader is gone.
var errReader = errors.New("whoever reads the batches has ended")

// serve takes slots back that the reader is done with, until it is gone.
func (r *ring) serve(from io.Reader, gone func(error)) {
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(from, b); err != nil {
			gone(errReader)
			return
		}
		if int(b[0]) < r.slots {
			select {
			case r.free <- int(b[0]):
				continue
			default:
			}
		}
		gone(fmt.Errorf("slot %d was given back, and was not taken", b[0]))
		return
	}
}

const alignment = 64

func aligned(n int) int { return (n + alignment - 1) / alignment * alignment }

// take waits for a free slot, and gives the places of a batch's images and targets.
func (r *ring) take(ctx context.Context, b *data.Batch, dtype string) (slot int, images, targets []byte, err error) {
	width := 1
	if dtype == float32Type {
		width = 4
	}
	pixels, values := b.Pixels()*width, 4*len(b.Y)
	if r.size == 0 {
		r.size = aligned(pixels) + aligned(4*b.N*b.Classes)
		if r.mem, err = mapped(r.fd, r.size*r.slots); err != nil {
			return 0, nil, nil, fmt.Errorf("shared memory of %d bytes: %w", r.size*r.slots, err)
		}
	}
	if aligned(pixels)+values > r.size {
		return 0, nil, nil, fmt.Errorf("a batch of %dx%d pixels is larger than the first: images of one flow must agree in size", b.W, b.H)
	}
	select {
	case slot = <-r.free:
	case <-ctx.Done():
		return 0, nil, nil, context.Cause(ctx)
	}
	mem := r.mem[slot*r.size : (slot+1)*r.size]
	return slot, mem[:pixels], mem[aligned(pixels):][:values], nil
}

// floatsIn are bytes, which begin at a multiple of four, as values.
func floatsIn(b []byte) []float32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4)
}
