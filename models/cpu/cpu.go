package cpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/cpu/pages"
)

// Device is the Device that runs here. It holds the network twice, as a graph
// that trains and a plan that predicts, over the same parameters.
type Device struct {
	opts      models.Options
	params    *params
	average   *params // of params over steps, which predictions are made with; nil: with params
	trainable []*param
	optimizer *optimizer
	env       *environment

	train   *graph
	predict *runner
	x, y    *tensor.Dense

	result  *models.Step // of the batch that was submitted, until it is taken
	pending int          // batches summed since the optimiser's last step
	sum     [][]float32  // their gradients, when Accumulate is more than 1
}

// New makes a network with initial weights.
func New(o models.Options) (*Device, error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	d := &Device{
		opts:   o,
		params: newParams(o.Seed),
		env:    &environment{arena: newArena(), ws: kernels.NewWorkspace()},
		x:      tensor.New(tensor.WithShape(o.Batch, o.Channels, o.Height, o.Width), tensor.Of(tensor.Float32)),
		y:      tensor.New(tensor.WithShape(o.Batch, o.Classes), tensor.Of(tensor.Float32)),
	}
	d.params.frozen = o.Frozen()
	plan, err := newPlan(o, d.params, d.env.ws.Threads())
	if err == nil {
		d.train, err = buildGraph(o, d.params, d.env, d.x, d.y)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Model, err)
	}
	if o.EMA > 0 {
		d.average = newParams(o.Seed)
		if plan, err = newPlan(o, d.average, d.env.ws.Threads()); err != nil {
			return nil, fmt.Errorf("%s: %w", o.Model, err)
		}
		d.average.like(d.params)
	}
	d.predict = &runner{plan: plan, env: d.env}
	d.trainable = d.params.trainable()
	d.optimizer = newOptimizer(o.Optimizer, d.env.ws, d.trainable)
	if o.Accumulate > 1 {
		d.sum = d.zeros()
	}
	return d, nil
}

// zeros is memory of the size of all gradients.
func (d *Device) zeros() [][]float32 {
	list := make([][]float32, len(d.trainable))
	for i, p := range d.trainable {
		list[i] = pages.Make(len(p.data))
	}
	return list
}

// Submit is Device.Submit. The step is done when it returns.
func (d *Device) Submit(ctx context.Context, b *data.Batch, lr float64) error {
	if d.result != nil {
		return errors.New("train: the last batch's result has not been taken")
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := d.opts.CheckTrain(b); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	see(d.env.ws, d.x.Data().([]float32), nil, b, pixel.Identity)
	copy(d.y.Data().([]float32), b.Y)
	d.predict.plan.folded = false // the statistics change in any case
	if err := d.train.run(b.N); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	d.result = &models.Step{Loss: d.train.loss, Logits: slices.Clone(values(d.train.logits)[:b.N*d.opts.Classes])}
	if !math.IsNaN(d.train.loss) && !math.IsInf(d.train.loss, 0) {
		d.update(lr)
	}
	return nil
}

// Result is Device.Result.
func (d *Device) Result(context.Context) (models.Step, error) {
	if d.result == nil {
		return models.Step{}, models.ErrNoResult
	}
	step := *d.result
	d.result = nil
	if math.IsNaN(step.Loss) || math.IsInf(step.Loss, 0) {
		return models.Step{}, fmt.Errorf("train: %w: the loss is %v; the optimiser has not stepped", models.ErrDiverged, step.Loss)
	}
	return step, nil
}

// Ahead is Device.Ahead.
func (d *Device) Ahead() int { return 0 }

// Close is Device.Close.
func (d *Device) Close() error { return nil }

// update steps the optimiser if enough gradients have come together.
func (d *Device) update(lr float64) {
	grads := make([][]float32, len(d.trainable))
	for i, n := range d.train.grads {
		grads[i] = values(n)
	}
	if d.sum == nil {
		d.step(grads, lr)
		return
	}
	for i, g := range grads {
		if d.pending == 0 {
			clear(d.sum[i])
		}
		kernels.Add(d.env.ws, d.sum[i], g)
	}
	if d.pending++; d.pending == d.opts.Accumulate {
		d.flush(lr)
	}
}

// Flush is Device.Flush.
func (d *Device) Flush(lr float64) error {
	if d.pending > 0 {
		d.flush(lr)
	}
	return nil
}

// flush lets the optimiser step with the sum of gradients.
func (d *Device) flush(lr float64) {
	d.step(d.sum, lr)
	d.pending = 0
	d.predict.plan.folded = false
}

// step lets the optimiser take a step, with gradients that may be clipped in
// place.
func (d *Device) step(grads [][]float32, lr float64) {
	if d.opts.ClipNorm > 0 {
		clip(d.env.ws, grads, d.opts.ClipNorm)
	}
	d.optimizer.step(d.trainable, grads, lr)
	if d.average != nil {
		for i, p := range d.params.list {
			kernels.Approach(d.env.ws, d.average.list[i].data, p.data, float32(1-d.opts.EMA))
		}
	}
}

// shown are the weights that predictions are made with.
func (d *Device) shown() *params {
	if d.average != nil {
		return d.average
	}
	return d.params
}

// Predict is Device.Predict.
func (d *Device) Predict(ctx context.Context, b *data.Batch, views ...pixel.Dihedral) ([]float32, error) {
	if err := d.opts.CheckViews(b, views); err != nil {
		return nil, err
	}
	d.predict.plan.fold(d.env.ws)
	return d.predict.views(ctx, b, views)
}

// Loss is Device.Loss.
func (d *Device) Loss(logits, targets []float32) float64 {
	return lossOf(d.opts.Loss).Value(logits, targets)
}

// ActivationBytes is the memory that results of layers, gradients included,
// take while a batch is computed, as far as batches have been.
func (d *Device) ActivationBytes() int64 {
	return d.env.arena.bytes() + d.predict.bytes()
}

// Observe lets f hear of every operation from now on; nil ends that.
func (d *Device) Observe(f models.Observer) { d.env.observe = f }
