package transformer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"hpaflow/data"
	"hpaflow/data/embed"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// Network is SubCell's network on the processor. Several goroutines may call
// Embed, each image on its share of the cores.
type Network struct {
	shape   network.SubCell
	weights *weights
	free    chan *runner
	runners []*runner

	planning sync.Mutex
	plans    map[[2]int]*plan // by height and width
}

// New makes a network of a shape that works on up to flights images at once.
// The tensors are those of its Outline, in any order, and lose their values on
// the way, so that no parameter lies in memory twice for long.
func New(s network.SubCell, tensors []statedict.Tensor, flights int) (*Network, error) {
	err := s.Validate()
	if flights < 1 {
		err = errors.Join(err, fmt.Errorf("flights is %d, want at least 1", flights))
	}
	if err == nil {
		err = matches(s.Outline(s.Image, s.Image).Tensors, tensors)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", network.SubCellName, err)
	}
	n := &Network{shape: s, weights: newWeights(kernels.NewWorkspace(), tensors), free: make(chan *runner, flights), plans: map[[2]int]*plan{}}
	threads := max(1, runtime.GOMAXPROCS(0)/flights)
	for range flights {
		r := &runner{ws: kernels.NewWorkspaceOf(threads)}
		n.runners = append(n.runners, r)
		n.free <- r
	}
	_, err = n.plan(s.Image, s.Image) // which prepares all weights
	return n, err
}

// matches holds tensors against an outline, which has no values.
func matches(outline, tensors []statedict.Tensor) error {
	bare := make([]statedict.Tensor, len(tensors))
	for i, t := range tensors {
		size := 1
		for _, side := range t.Shape {
			size *= side
		}
		if size != len(t.Data) {
			return fmt.Errorf("tensor %s has %d values, and shape %v", t.Name, len(t.Data), t.Shape)
		}
		bare[i] = statedict.Tensor{Name: t.Name, Shape: t.Shape}
	}
	return statedict.Match(outline, bare)
}

// plan is the one for images of a size, made when it is first asked for.
func (n *Network) plan(height, width int) (*plan, error) {
	n.planning.Lock()
	defer n.planning.Unlock()
	size := [2]int{height, width}
	if n.plans[size] == nil {
		p, err := newPlan(&n.shape, n.weights, height, width)
		if err != nil {
			return nil, err
		}
		n.plans[size] = p
	}
	return n.plans[size], nil
}

// Embed is models.Embedder.Embed. It waits for a free flight for each image.
func (n *Network) Embed(ctx context.Context, images []*data.Image) ([]*embed.Embedding, error) {
	var list []*embed.Embedding
	for _, im := range images {
		e, err := n.one(ctx, im)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func (n *Network) one(ctx context.Context, im *data.Image) (*embed.Embedding, error) {
	if len(im.Planes) != n.shape.Channels {
		return nil, fmt.Errorf("an image of %d planes; the network takes %d", len(im.Planes), n.shape.Channels)
	}
	p, err := n.plan(im.Height, im.Width)
	if err != nil {
		return nil, err
	}
	var r *runner
	select {
	case r = <-n.free:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { n.free <- r }()
	if size := len(im.Planes) * im.Width * im.Height; cap(r.image) < size {
		r.image = make([]float32, size)
	} else {
		r.image = r.image[:size]
	}
	models.StretchToUnit(r.image, im)
	if err := r.run(p); err != nil {
		return nil, err
	}
	h, w := im.Height/n.shape.Patch, im.Width/n.shape.Patch
	e := &embed.Embedding{Heads: n.shape.PoolHeads, H: h, W: w, Side: im.Width}
	e.Features = append(e.Features, r.values(p, p.outputs.Embedding.Ref)[:n.shape.Embedding()]...)
	e.Probabilities = append(e.Probabilities, r.values(p, p.outputs.Probabilities.Ref)[:n.shape.Classes]...)
	shares := r.values(p, p.outputs.Weights.Ref)
	for head := range n.shape.PoolHeads {
		e.Attention = append(e.Attention, shares[head*(1+h*w)+1:][:h*w]...)
	}
	return e, nil
}

// Close is models.Embedder.Close.
func (n *Network) Close() error { return nil }

// ActivationBytes is the memory of images and results of layers, of all flights
// so far.
func (n *Network) ActivationBytes() int64 {
	var bytes int64
	for _, r := range n.runners {
		bytes += r.bytes()
	}
	return bytes
}

// Observe lets f hear of every operation from now on; nil ends that. f is called
// by several goroutines if there are several flights.
func (n *Network) Observe(f models.Observer) {
	for _, r := range n.runners {
		r.observer = f
	}
}
