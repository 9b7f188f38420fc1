package cpu

import (
	"context"
	"fmt"
	"strings"

	"gorgonia.org/tensor"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
)

// Statistics is models.Statistics.
type Statistics struct {
	opts   models.Options
	params *params
	env    *environment
	graph  *graph
	x      *tensor.Dense
	least  int // samples in a batch
	seen   int // samples
}

// NewStatistics makes the network of the options with some weights, matched as
// Network.Load does. What the options say of training is left alone.
func NewStatistics(o models.Options, weights []models.Tensor) (*Statistics, error) {
	p, err := NewNetwork(o, 1)
	if err != nil {
		return nil, err
	}
	if _, err := p.Load(weights); err != nil {
		return nil, err
	}
	r := &Statistics{
		opts: p.opts, least: p.opts.LeastBatch(), params: p.params, env: &environment{arena: newArena(), ws: kernels.NewWorkspace()},
		x: tensor.New(tensor.WithShape(p.opts.Batch, p.opts.Channels, p.opts.Height, p.opts.Width), tensor.Of(tensor.Float32)),
	}
	r.params.frozen = r.opts.Frozen()
	if r.graph, err = buildGraph(r.opts, r.params, r.env, r.x, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", r.opts.Model, err)
	}
	for _, s := range r.params.list {
		if strings.HasSuffix(s.name, ".running_mean") && !r.params.still(s.name) {
			clear(s.data)
		}
	}
	return r, nil
}

// Add is Statistics.Add.
func (r *Statistics) Add(ctx context.Context, b *data.Batch) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := r.opts.Check(b); err != nil {
		return err
	}
	if b.N < r.least {
		return fmt.Errorf("statistics: %w", r.opts.TooFew(b.N))
	}
	see(r.env.ws, r.x.Data().([]float32), nil, b, pixel.Identity)
	r.env.momentum = float64(b.N) / float64(r.seen+b.N)
	if err := r.graph.run(b.N); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	r.seen += b.N
	return nil
}

// Close is Statistics.Close.
func (r *Statistics) Close() error { return nil }

// Weights is Statistics.Weights.
func (r *Statistics) Weights() ([]models.Tensor, error) {
	if r.seen == 0 {
		return nil, fmt.Errorf("statistics: no batch was shown")
	}
	return r.params.tensors(), nil
}
