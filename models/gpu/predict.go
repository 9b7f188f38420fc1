//go:build gpu && linux

package gpu

import (
	"context"
	"errors"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/gpu/plan"
)

// Predict is Device.Predict.
func (d *Device) Predict(ctx context.Context, b *data.Batch, views ...pixel.Dihedral) ([]float32, error) {
	if err := errors.Join(d.broken, context.Cause(ctx)); err != nil {
		return nil, err
	}
	if err := d.options.CheckViews(b, views); err != nil {
		return nil, err
	}
	if len(views) == 0 {
		views = []pixel.Dihedral{pixel.Identity}
	}
	err := d.each(func(e *engine) error { return e.show(true) })
	if err == nil {
		err = d.share()
	}
	if err != nil {
		return nil, d.failed(fmt.Errorf("predict: %w", err))
	}
	classes := d.options.Classes
	logits := make([]float32, len(views)*b.N*classes)
	err = d.each(func(e *engine) error {
		from, n := d.part(e.rank, b.N)
		if n == 0 {
			return nil
		}
		return e.predictNow(d.slots[e.rank][d.submitted%2], b, from, n, views, logits)
	})
	if err != nil {
		return nil, d.failed(fmt.Errorf("predict: %w", err))
	}
	return logits, nil
}

// share gives all cards the first one's statistics, which are the network's.
func (d *Device) share() error {
	first := d.engines[0]
	if len(d.engines) == 1 || !first.stale {
		return nil
	}
	var statistics flat
	err := first.do(func() (err error) {
		statistics, err = first.get(first.memory.statistics, first.params.Statistics)
		return err
	})
	if err != nil {
		return err
	}
	return d.each(func(e *engine) error {
		if e == first {
			return nil
		}
		return e.setStatistics(statistics)
	})
}

// predict gives the card a batch to predict, under each view.
func (e *engine) predict(s *slot, r *result, b *data.Batch, from, n int, views []pixel.Dihedral) error {
	p := e.program(plan.Predict)
	r.n = n
	if err := e.upload(s, r, b, from, n); err != nil {
		return err
	}
	bound, err := e.bind(p, n)
	if err != nil {
		return err
	}
	if err := r.begun.Record(e.compute); err != nil {
		return err
	}
	if e.stale {
		if err := e.kernels.NormRunning(e.compute, e.memory.table, len(p.Norms)); err != nil {
			return err
		}
		e.stale = false
	}
	for v, view := range views {
		if err := e.see(s, p, view); err != nil {
			return err
		}
		if err := e.run(bound); err != nil {
			return err
		}
		if err := e.card.CopyToHost(bytesOf(r.logits(v, e.options.Classes)), e.at(p, p.Logits), e.compute); err != nil {
			return err
		}
	}
	if err := s.consumed.Record(e.compute); err != nil {
		return err
	}
	return r.done.Record(e.compute)
}

// mostViews is how many views of a batch a result has room for: all there are.
const mostViews = 8

// predictNow predicts n samples of a batch and waits for their logits, which it
// lays among those of the whole batch: (views,N,classes).
func (e *engine) predictNow(s *slot, b *data.Batch, from, n int, views []pixel.Dihedral, logits []float32) (err error) {
	if e.predicted == nil {
		if e.predicted, err = e.newResult(mostViews); err != nil {
			return err
		}
	}
	r, classes := e.predicted, e.options.Classes
	for at := 0; at < len(views); at += mostViews {
		some := views[at:min(at+mostViews, len(views))]
		if err := e.predict(s, r, b, from, n, some); err != nil {
			return err
		}
		if err := r.done.Synchronize(); err != nil {
			return err
		}
		for v := range some {
			copy(logits[((at+v)*b.N+from)*classes:], r.logits(v, classes))
		}
	}
	return nil
}
