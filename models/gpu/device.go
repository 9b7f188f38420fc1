//go:build gpu && linux

package gpu

import (
	"context"
	"errors"
	"fmt"
	"math"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/gpu/plan"
)

// ahead is how many batches may be in flight when another is submitted. With
// that there are three, and a fourth result: the last one taken, whose end tells
// how long the card had nothing to do.
const (
	ahead   = 2
	results = ahead + 2
)

// Device trains on one card, or on several, which have the same weights and each
// a part of every batch.
type Device struct {
	options models.Options
	engines []*engine
	chosen  *choices
	slots   [][]*slot   // of each engine
	results [][]*result // of each engine

	flying    []flight // oldest first
	submitted int
	steps     int64 // that the optimiser has been told to take
	pending   int   // batches summed since the last of them
	broken    error // what ended the device's work
	diverged  error // what ended the training
	least     int   // samples in a card's part of a batch
	name      string
	note      string
	meter     meter
}

// flight is a batch that was submitted.
type flight struct {
	result  int // of those of each engine
	n       int
	steps   int64 // before it
	pending int
}

// newDevice makes a network with initial weights on the backend's cards.
func (b *Backend) newDevice(o models.Options) (d *Device, err error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	d = &Device{options: o, name: b.Name(), least: o.LeastBatch(), chosen: &choices{deterministic: b.deterministic}}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
			d = nil
		}
	}()
	part := o
	part.Batch = (o.Batch + len(b.cards) - 1) / len(b.cards)
	var first *spec
	for _, info := range b.cards {
		e, err := newEngine(info, d.chosen, func(free int64) (spec, error) {
			if first != nil {
				return *first, nil
			}
			s := spec{options: part, precision: b.precision, moments: len(o.Optimizer.Moments()), slots: 2}
			return s, s.plan(free, plan.Predict, plan.Train)
		})
		if err != nil {
			return d, err
		}
		d.engines = append(d.engines, e)
		first = &e.spec
	}
	if len(b.cards) > 1 {
		if err := d.connect(); err != nil {
			return d, err
		}
	}
	d.slots, d.results = make([][]*slot, len(d.engines)), make([][]*result, len(d.engines))
	parameters, statistics := initial(first.params)
	return d, d.each(func(e *engine) error {
		for range 2 {
			s, err := e.newSlot()
			if err != nil {
				return err
			}
			d.slots[e.rank] = append(d.slots[e.rank], s)
		}
		for range results {
			r, err := e.newResult(1)
			if err != nil {
				return err
			}
			d.results[e.rank] = append(d.results[e.rank], r)
		}
		if err := e.setAverage(parameters, statistics); err != nil {
			return err
		}
		return e.setWeights(parameters, statistics)
	})
}

// failed notes that something went wrong on a card, after which nobody knows
// what its memory holds: what was saved is all there is.
func (d *Device) failed(err error) error {
	if err != nil && d.broken == nil {
		d.broken = err
	}
	return err
}

// Submit is Device.Submit.
func (d *Device) Submit(ctx context.Context, b *data.Batch, lr float64) error {
	if err := errors.Join(d.broken, d.diverged, context.Cause(ctx)); err != nil {
		return err
	}
	if err := d.options.CheckTrain(b); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if len(d.flying) > ahead {
		return fmt.Errorf("train: the results of %d batches have not been taken", len(d.flying))
	}
	for rank := range d.engines {
		if _, n := d.part(rank, b.N); n > 0 && n < d.least {
			return fmt.Errorf("train: %d cards: %w", len(d.engines), d.options.TooFew(n))
		}
	}
	f := flight{result: d.submitted % results, n: b.N, steps: d.steps, pending: d.pending}
	sum := d.options.Accumulate > 1
	u := update{lr: lr, sum: sum, first: d.pending == 0, ofSum: sum, optimizer: d.options.Optimizer}
	d.pending++
	if d.pending == d.options.Accumulate {
		d.steps, d.pending = d.steps+1, 0
		u.step = d.steps
	}
	err := d.each(func(e *engine) error {
		from, n := d.part(e.rank, b.N)
		return e.train(d.slots[e.rank][d.submitted%2], d.results[e.rank][f.result], b, from, n, u)
	})
	if err != nil {
		return d.failed(fmt.Errorf("train: %w", err))
	}
	d.submitted++
	d.flying = append(d.flying, f)
	return nil
}

// Result is Device.Result.
func (d *Device) Result(ctx context.Context) (models.Step, error) {
	if err := errors.Join(d.broken, d.diverged, context.Cause(ctx)); err != nil {
		return models.Step{}, err
	}
	if len(d.flying) == 0 {
		return models.Step{}, models.ErrNoResult
	}
	f := d.flying[0]
	d.flying = d.flying[1:]
	err := d.each(func(e *engine) error {
		r := d.results[e.rank][f.result]
		if err := r.done.Synchronize(); err != nil {
			return err
		}
		if e.rank > 0 {
			return nil
		}
		d.meter.takes(e.memory.total + e.memory.workspaceBytes + e.uploads())
		return d.meter.step(r, d.results[0][(f.result+results-1)%results])
	})
	if err != nil {
		return models.Step{}, d.failed(fmt.Errorf("train: %w", err))
	}
	step := models.Step{Loss: d.loss(f)}
	if endless(step.Loss) {
		// What was submitted after it has changed nothing either.
		d.steps, d.pending, d.flying = f.steps, f.pending, nil
		d.diverged = fmt.Errorf("train: %w: the loss is %v; the optimiser has not stepped", models.ErrDiverged, step.Loss)
		return models.Step{}, d.diverged
	}
	for _, results := range d.results {
		step.Logits = append(step.Logits, results[f.result].logits(0, d.options.Classes)...)
	}
	return step, nil
}

// loss is that of a batch that is done: the sum of all cards'.
func (d *Device) loss(f flight) (sum float64) {
	for _, v := range numbers[float64](d.results[0][f.result].pinned[:8*len(d.engines)]) {
		sum += v
	}
	return sum
}

// endless says that a loss is no finite number.
func endless(loss float64) bool { return math.IsNaN(loss) || math.IsInf(loss, 0) }

// Ahead is Device.Ahead.
func (d *Device) Ahead() int { return ahead }

// Flush is Device.Flush.
func (d *Device) Flush(lr float64) error {
	if err := errors.Join(d.broken, d.diverged); err != nil || d.pending == 0 {
		return err
	}
	d.steps, d.pending = d.steps+1, 0
	u := update{lr: lr, step: d.steps, ofSum: true, optimizer: d.options.Optimizer}
	if err := d.each(func(e *engine) error { return e.apply(nil, u) }); err != nil {
		return d.failed(fmt.Errorf("train: %w", err))
	}
	return nil
}

// Loss is Device.Loss.
func (d *Device) Loss(logits, targets []float32) float64 {
	l := kernels.Loss{}
	if d.options.Loss == "focal" {
		l.Gamma = focalGamma
	}
	return l.Value(logits, targets)
}

// Observe lets f hear of every operation of the first card from now on, each of
// which the card then does by itself; nil ends that.
func (d *Device) Observe(f models.Observer) {
	e := d.engines[0]
	// No error can come of it: nothing is done.
	_ = e.do(func() error { e.observe = f; return nil })
}

// Close is Device.Close.
func (d *Device) Close() error {
	errs := []error{d.leave(d.broken != nil)}
	for _, e := range d.engines {
		errs = append(errs, e.close())
	}
	d.engines = nil
	if d.broken == nil {
		d.broken = errClosed
	}
	return errors.Join(errs...)
}

var errClosed = errors.New("the device is closed")
