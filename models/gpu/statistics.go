//go:build gpu && linux

package gpu

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/gpu/plan"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// Statistics gives a network's batch norm new statistics. Of the network it has
// what it predicts with, and no auxiliary head.
type Statistics struct {
	options    models.Options
	engine     *engine
	slot       *slot
	result     *result
	parameters flat
	least      int // samples in a batch
	seen       int // samples
	broken     error
}

// newStatistics makes a network of some weights on the first card.
func (b *Backend) newStatistics(o models.Options, weights []models.Tensor) (s *Statistics, err error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s = &Statistics{options: o, least: o.LeastBatch()}
	s.engine, err = newEngine(b.cards[0], &choices{deterministic: b.deterministic}, func(free int64) (spec, error) {
		p := spec{options: o, precision: b.precision, slots: 1}
		return p, p.plan(free, plan.Statistics)
	})
	if err != nil {
		return nil, err
	}
	e := s.engine
	names := network.ByName(o.Model).Names.Whole()
	list, _, err := statedict.Fit(outline(e.params), weights, names)
	if err == nil {
		err = e.do(func() (err error) {
			if s.slot, err = e.newSlot(); err != nil {
				return err
			}
			if s.result, err = e.newResult(1); err != nil {
				return err
			}
			parameters, statistics := flats(e.params, list)
			s.parameters = parameters
			for _, p := range e.params.List {
				if strings.HasSuffix(p.Name, ".running_mean") {
					clear(statistics[p.Offset : p.Offset+p.Size()])
				}
			}
			return e.setWeights(parameters, statistics)
		})
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return s, nil
}

// Add is Statistics.Add.
func (s *Statistics) Add(ctx context.Context, b *data.Batch) error {
	if err := errors.Join(s.broken, context.Cause(ctx)); err != nil {
		return err
	}
	if err := s.options.Check(b); err != nil {
		return err
	}
	if b.N < s.least {
		return fmt.Errorf("statistics: %w", s.options.TooFew(b.N))
	}
	if err := s.engine.do(func() error { return s.add(b) }); err != nil {
		s.broken = fmt.Errorf("statistics: %w", err)
		return s.broken
	}
	s.seen += b.N
	return nil
}

// add runs the forward pass; the next batch goes up while the card is at it.
func (s *Statistics) add(b *data.Batch) error {
	e := s.engine
	p := e.program(plan.Statistics)
	e.momentum = float64(b.N) / float64(s.seen+b.N)
	if err := e.upload(s.slot, s.result, b, 0, b.N); err != nil {
		return err
	}
	bound, err := e.bind(p, b.N)
	if err != nil {
		return err
	}
	if err := e.see(s.slot, p, pixel.Identity); err != nil {
		return err
	}
	if err := s.slot.consumed.Record(e.compute); err != nil {
		return err
	}
	return e.run(bound)
}

// Weights is Statistics.Weights.
func (s *Statistics) Weights() ([]models.Tensor, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	if s.seen == 0 {
		return nil, fmt.Errorf("statistics: no batch was shown")
	}
	e := s.engine
	var statistics flat
	err := e.do(func() (err error) {
		statistics, err = e.get(e.memory.statistics, e.params.Statistics)
		return err
	})
	if err != nil {
		s.broken = fmt.Errorf("statistics: %w", err)
		return nil, s.broken
	}
	return tensors(e.params, s.parameters, statistics), nil
}

// Close is Statistics.Close.
func (s *Statistics) Close() error {
	if s.engine == nil {
		return nil
	}
	e := s.engine
	s.engine, s.broken = nil, errClosed
	return e.close()
}
