package batches

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"hpaflow/data"
	"hpaflow/data/npy"
	"hpaflow/data/pixel"
	"hpaflow/flow"
)

// The types of images.
const (
	float32Type = "float32" // normalised, as the flow says
	uint8Type   = "uint8"   // as they are
)

// errAll ends a run all of whose epochs have been written. It is no fault.
var errAll = errors.New("all epochs are written")

// writer writes batches as they come.
type writer struct {
	out    io.Writer
	ring   *ring // nil: in frames
	dtype  string
	share  flow.Share
	epoch  int // at hand
	until  int // the epoch before which it ends
	number int // of the next batch of the epoch
	groups []int
	all    int // groups of an epoch
}

// run reads batches, epoch by epoch.
func (w *writer) run(ctx context.Context, in *flow.Reader[*data.Batch], _ *flow.Emitter[struct{}]) error {
	for {
		r, err := in.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case r.Mark == flow.EndEpoch:
			if err := writeFrame(w.out, lastFrame, map[string]int{"epoch": w.epoch}); err != nil {
				return err
			}
			w.number = 0
			if w.epoch++; w.epoch == w.until {
				return errAll
			}
		case r.IsValue():
			if err := w.write(ctx, r.Value); err != nil {
				return err
			}
		}
	}
}

func (w *writer) write(ctx context.Context, b *data.Batch) error {
	a := about{Epoch: w.epoch, Batch: w.number, Records: b.End, DType: w.dtype, Shape: []int{b.N, b.C, b.H, b.W}}
	for _, s := range b.Samples {
		a.Keys = append(a.Keys, s.ID)
	}
	if w.number < len(w.groups) {
		a.Repeat = w.groups[w.number] >= w.all
	}
	w.number++
	if b.Y != nil {
		a.Classes = b.Classes
	}
	if w.dtype == uint8Type && b.X != nil {
		return errors.New("mixup makes of pixels what is no uint8: dtype float32 takes it")
	}
	if w.dtype == uint8Type && b.U8 == nil {
		return fmt.Errorf("%s has 16 bits a pixel, and uint8 has no room for them: dtype float32 takes them", b.Samples[0].ID)
	}
	if w.ring != nil {
		return w.toRing(ctx, b, a)
	}
	images := array{npy.Head("|u1", a.Shape...), b.U8}
	if w.dtype == float32Type {
		values := make([]float32, b.Pixels())
		w.normalise(values, b)
		images = floats(values, a.Shape...)
	}
	err := writeFrame(w.out, dataFrame, a, images, floats(b.Y, b.N, a.Classes))
	b.Done()
	return err
}

func (w *writer) toRing(ctx context.Context, b *data.Batch, a about) error {
	slot, images, targets, err := w.ring.take(ctx, b, w.dtype)
	if err != nil {
		return err
	}
	if w.dtype == uint8Type {
		copy(images, b.U8)
	} else {
		w.normalise(floatsIn(images), b)
	}
	copy(floatsIn(targets), b.Y)
	b.Done()
	a.Slot, a.SlotBytes = &slot, w.ring.size
	return writeFrame(w.out, dataFrame, a)
}

// normalise fills values with the planes of a batch as a network sees them.
func (w *writer) normalise(values []float32, b *data.Batch) {
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	size := b.H * b.W
	for image := range b.N {
		all.Go(func() error {
			for i := image * b.C; i < (image+1)*b.C; i++ {
				pixel.NormalisedPlane(values[i*size:(i+1)*size], nil, b, i, pixel.Identity)
			}
			return nil
		})
	}
	all.Wait() // none fails
}
