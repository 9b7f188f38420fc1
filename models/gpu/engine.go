//go:build gpu && linux

package gpu

import (
	"errors"
	"fmt"

	"hpaflow/models"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
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
	shown  bool // the average has changed places with what it is of
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

// spec is what an engine is made for.
type spec struct {
	options   models.Options // Batch is this card's
	precision precision
	params    *plan.Params
	programs  []*plan.Program // one a kind
	moments   int             // of the optimiser
	slots     int             // batches on their way up at once
}

// program is the one for a use, or nil.
func (s *spec) program(kind plan.Kind) *plan.Program {
	for _, p := range s.programs {
		if p.Kind == kind {
			return p
		}
	}
	return nil
}

// plan makes the programs for some uses: with all results kept, or where that
// needs more memory than is free, with some of them computed again.
func (s *spec) plan(free int64, kinds ...plan.Kind) (err error) {
	for _, thrifty := range []bool{false, true} {
		var list []plan.Options
		for _, kind := range kinds {
			list = append(list, plan.Options{
				Kind: kind, Batch: s.options.Batch, Type: s.precision.images(), Thrifty: thrifty && kind == plan.Train,
			})
		}
		if s.params, s.programs, err = plan.New(&s.options, list...); err != nil || s.needs()+workspaceLeast <= free {
			return err
		}
	}
	return nil
}

// resized is the spec for another batch.
func (s *spec) resized(batch int) (spec, error) {
	r := *s
	r.options.Batch = batch
	var options []plan.Options
	for _, p := range s.programs {
		o := p.Options
		o.Batch = batch
		options = append(options, o)
	}
	var err error
	r.params, r.programs, err = plan.New(&r.options, options...)
	return r, err
}
