package cpu

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// Network is a network that only predicts: no optimiser, no gradients, batch
// norm folded into the convolutions. Several batches may be in flight at once,
// each on its share of the processor's cores.
type Network struct {
	opts    models.Options
	params  *params
	plan    *plan
	free    chan *runner
	runners []*runner

	loading sync.RWMutex // held for reading while batches are in flight
}

// NewNetwork makes a network with initial weights that takes up to flights
// batches at once, of at most o.Batch samples each. What the options say of
// training is left alone.
func NewNetwork(o models.Options, flights int) (*Network, error) {
	o.EnsureDefaults()
	err := o.Validate()
	if flights < 1 {
		err = errors.Join(err, fmt.Errorf("flights is %d, want at least 1", flights))
	}
	if err != nil {
		return nil, err
	}
	p := &Network{opts: o, params: newParams(o.Seed), free: make(chan *runner, flights)}
	threads := max(1, runtime.GOMAXPROCS(0)/flights)
	if p.plan, err = newPlan(o, p.params, threads); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Model, err)
	}
	for range flights {
		r := &runner{plan: p.plan, env: &environment{ws: kernels.NewWorkspaceOf(threads)}}
		p.runners = append(p.runners, r)
		p.free <- r
	}
	p.plan.fold(p.runners[0].env.ws)
	return p, nil
}

// Load is Network.Load.
func (p *Network) Load(weights []models.Tensor) (*statedict.Fitted, error) {
	names := network.ByName(p.opts.Model).Names.Whole()
	list, report, err := statedict.Fit(p.params.tensors(), weights, names)
	if err != nil {
		return nil, err
	}
	p.loading.Lock()
	defer p.loading.Unlock()
	statedict.Copy(p.params.tensors(), list)
	p.plan.folded = false
	p.plan.fold(p.runners[0].env.ws)
	return report, nil
}

// Predict is Network.Predict. It waits for a free flight.
func (p *Network) Predict(ctx context.Context, b *data.Batch, views ...pixel.Dihedral) ([]float32, error) {
	if err := p.opts.CheckViews(b, views); err != nil {
		return nil, err
	}
	var r *runner
	select {
	case r = <-p.free:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { p.free <- r }()
	p.loading.RLock()
	defer p.loading.RUnlock()
	return r.views(ctx, b, views)
}

// Close is Network.Close.
func (p *Network) Close() error { return nil }

// ActivationBytes is the memory of results of layers, of all flights so far.
func (p *Network) ActivationBytes() int64 {
	var bytes int64
	for _, r := range p.runners {
		bytes += r.bytes()
	}
	return bytes
}

// Observe lets f hear of every operation from now on; nil ends that.
func (p *Network) Observe(f models.Observer) {
	for _, r := range p.runners {
		r.env.observe = f
	}
}
