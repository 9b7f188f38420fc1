//go:build gpu && linux

package gpu

import (
	"errors"
	"fmt"

	"hpaflow/models"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/kernels"
)

// engine is one card with one network. But for do and close its methods are
// called within do.
type engine struct {
	spec
	card     *cuda.Card
	kernels  *kernels.Set
	dnn      *dnn.Handle
	compute  cuda.Stream
	copying  cuda.Stream
	chosen   *choices // shared by the engines of a device
	memory   memory
	momentum float64 // of running statistics
	ring     *ring   // nil for a card by itself
	rank     int     // among the cards of a device
	whole    int     // samples of the present batch on all cards

	bounds map[boundKey]*bound
	convs  map[convKey]*convolver
	stale  bool // the moments that predicting needs are not those of the statistics
	ready  bool // all algorithms are chosen

	predicted *result // of a batch that is waited for

	observe models.Observer
	closers []func() error // in the order of their making
}

// newEngine takes a card and the memory that its spec needs, which is told how
// much is free.
func newEngine(info cuda.Info, chosen *choices, specFor func(free int64) (spec, error)) (e *engine, err error) {
	card, err := cuda.OpenCard(info.Index)
	if err != nil {
		return nil, err
	}
	e = &engine{
		card: card, chosen: chosen, momentum: batchNormMomentum, stale: true,
		bounds: map[boundKey]*bound{}, convs: map[convKey]*convolver{},
	}
	err = e.do(func() error {
		free, _, err := e.card.MemInfo()
		if err != nil {
			return err
		}
		if e.spec, err = specFor(free); err != nil {
			return err
		}
		return e.open()
	})
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// batchNormMomentum is PyTorch's default.
const batchNormMomentum = .1

// lossAt is where this card's share of the loss goes.
func (e *engine) lossAt() cuda.Ptr { return e.memory.loss + 8*cuda.Ptr(e.rank) }

// do does something on the card's thread. An error names the card.
func (e *engine) do(f func() error) error {
	if err := e.card.Do(f); err != nil {
		return fmt.Errorf("card %d, %s: %w", e.card.Index, e.card.Name, err)
	}
	return nil
}

// open makes the streams, loads the kernels and takes the memory.
func (e *engine) open() (err error) {
	for _, s := range []*cuda.Stream{&e.compute, &e.copying} {
		if *s, err = e.card.NewStream(); err != nil {
			return err
		}
		e.closers = append(e.closers, s.Destroy)
	}
	if e.kernels, err = kernels.Load(e.card); err != nil {
		return err
	}
	e.closers = append(e.closers, e.kernels.Close)
	if e.dnn, err = dnn.New(e.compute); err != nil {
		return err
	}
	e.closers = append(e.closers, e.dnn.Close)
	return e.take()
}

// close gives everything back, whatever state the card is in.
func (e *engine) close() error {
	err := e.card.Do(func() error {
		err := e.card.Synchronize()
		for _, b := range e.bounds {
			err = errors.Join(err, b.drop())
		}
		for _, c := range e.convs {
			err = errors.Join(err, c.destroy())
		}
		for i := len(e.closers) - 1; i >= 0; i-- {
			err = errors.Join(err, e.closers[i]())
		}
		return err
	})
	err = errors.Join(err, e.card.Close())
	if errors.Is(err, cuda.ErrCardLost) {
		return nil // which whoever used it has been told
	}
	return err
}
