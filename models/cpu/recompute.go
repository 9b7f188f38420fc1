package cpu

import (
	"context"
	"fmt"
	"strings"

	"gorgonia.org/tensor"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
)

// Recompute gives a network's batch norm new statistics: those of the data it
// is shown, computed in one pass. Averaged weights need it, since the mean of
// statistics is not the statistics of the mean.
type Recompute struct {
	opts   models.Options
	params *params
	env    *environment
	graph  *graph
	x      *tensor.Dense
	least  int // samples in a batch
	seen   int // samples
}

// NewRecompute makes the network of the options with some weights, matched as
// Predictor.Load does. What the options say of training is left alone.
func NewRecompute(o models.Options, weights []models.Tensor) (*Recompute, error) {
	p, err := NewPredictor(o, 1)
	if err != nil {
		return nil, err
	}
	if _, err := p.Load(weights); err != nil {
		return nil, err
	}
	r := &Recompute{
		opts: p.opts, least: p.opts.LeastBatch(), params: p.params, env: &environment{arena: newArena(), ws: kernels.NewWorkspace()},
		x: tensor.New(tensor.WithShape(p.opts.Batch, p.opts.Channels, p.opts.Height, p.opts.Width), tensor.Of(tensor.Float32)),
	}
	if r.graph, err = buildGraph(r.opts, r.params, r.env, r.x, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", r.opts.Model, err)
	}
	for _, s := range r.params.list {
		if strings.HasSuffix(s.name, ".running_mean") {
			clear(s.data)
		}
	}
	return r, nil
}

// Add shows the network a batch of b samples after n others: its statistics
// move by b/(n+b) towards those of the batch, so that in the end each sample
// has counted the same. A batch may have fewer samples than Options.Batch, but
// a channel needs two values at least.
func (r *Recompute) Add(ctx context.Context, b *data.Batch) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := r.opts.Check(b); err != nil {
		return err
	}
	if b.N < r.least {
		return fmt.Errorf("recompute: %w", r.opts.TooFew(b.N))
	}
	copy(r.x.Data().([]float32), b.X)
	r.env.momentum = float64(b.N) / float64(r.seen+b.N)
	if err := r.graph.run(b.N); err != nil {
		return fmt.Errorf("recompute: %w", err)
	}
	r.seen += b.N
	return nil
}

// Weights are the weights with the new statistics; they are the network's own
// until the next Add.
func (r *Recompute) Weights() ([]models.Tensor, error) {
	if r.seen == 0 {
		return nil, fmt.Errorf("recompute: no batch was shown")
	}
	return r.params.tensors(), nil
}
