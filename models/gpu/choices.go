//go:build gpu && linux

package gpu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/plan"
)

// choices are the algorithms that convolutions are computed by, for cards by
// name and versions of cuDNN. They are kept as JSON in checkpoints, with those
// of other cards that the run has seen.
type choices struct {
	finding       sync.Mutex // one card at a time measures, and cards alike do not measure twice
	mu            sync.Mutex
	deterministic bool
	list          []choice
}

// choice is one of them.
type choice struct {
	Card  string     `json:"card"`
	CuDNN int        `json:"cudnn"`
	Kind  dnn.Kind   `json:"kind"`  // 0 forward, 1 by the input, 2 by the weights
	Shape dnn.Shape  `json:"shape"` // of the largest batch
	By    dnn.Choice `json:"by"`
}

// convKey is a convolution of some samples.
type convKey struct {
	kind  dnn.Kind
	shape dnn.Shape
}

// find is the algorithm for a convolution on a card, if one was chosen.
func (c *choices) find(card string, k convKey) (dnn.Choice, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.list {
		if o.Card == card && o.CuDNN == dnn.Version() && o.Kind == k.kind && o.Shape == k.shape {
			return o.By, true
		}
	}
	return dnn.Choice{}, false
}

// add notes an algorithm.
func (c *choices) add(card string, k convKey, by dnn.Choice) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, choice{Card: card, CuDNN: dnn.Version(), Kind: k.kind, Shape: k.shape, By: by})
}

// encode gives them as JSON.
func (c *choices) encode() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := slices.Clone(c.list)
	slices.SortStableFunc(list, func(a, b choice) int { return strings.Compare(a.Card, b.Card) })
	return json.Marshal(list)
}

// decode puts in place what encode gave, and says what of it has no use on these
// cards. Without choices nothing changes. Algorithms that do not give the same
// bits each time are left out where these are wanted.
func (c *choices) decode(text []byte, cards []string) (note string, err error) {
	if len(text) == 0 {
		return "", nil
	}
	var list []choice
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return "", fmt.Errorf("choices of algorithms: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, seen := map[string]bool{}, ""
	kept := list[:0]
	for _, o := range list {
		known[o.Card] = known[o.Card] || o.CuDNN == dnn.Version()
		if !slices.Contains(cards, o.Card) || o.CuDNN != dnn.Version() {
			seen = fmt.Sprintf("%s with cuDNN %d", o.Card, o.CuDNN)
		}
		if o.By.Deterministic || !c.deterministic {
			kept = append(kept, o)
		}
	}
	c.list = kept
	for _, card := range cards {
		if len(list) > 0 && !known[card] {
			note = fmt.Sprintf("algorithms were chosen for %s and are chosen anew for %s with cuDNN %d: results may differ in their last bits", seen, card, dnn.Version())
		}
	}
	return note, nil
}

// choose finds an algorithm for every convolution of the programs that has none
// yet, each by the largest batch. It overwrites results and gradients, which are
// nothing between steps, and sums of gradients it leaves alone.
func (e *engine) choose() error {
	if e.ready {
		return nil
	}
	for _, p := range e.programs {
		for _, s := range p.Steps {
			kind, shape, at, ok := e.convolution(p, s.Op, p.Batch)
			if !ok {
				continue
			}
			if err := e.chooseOne(convKey{kind, shape}, at); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	e.ready = true
	return nil
}

func (e *engine) chooseOne(k convKey, at operands) error {
	e.chosen.finding.Lock()
	defer e.chosen.finding.Unlock()
	if _, found := e.chosen.find(e.card.Name, k); found {
		return nil
	}
	free, _, err := e.card.MemInfo()
	if err != nil {
		return err
	}
	list, err := e.dnn.Find(k.kind, k.shape, e.chosen.deterministic, min(workspaceLimit, free*3/4), at.x, at.w, at.y)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("cuDNN has no algorithm for it")
	}
	e.chosen.add(e.card.Name, k, list[0])
	return nil
}

// prepare makes a convolution ready to run, by the algorithm that was chosen for
// the largest batch. Where cuDNN does not have that for fewer samples, it is the
// first by number that it has: so that it is the same each time.
func (e *engine) prepare(kind dnn.Kind, shape dnn.Shape, batch int, at operands) (*dnn.Conv, error) {
	key := convKey{kind, shape}
	if c := e.convs[key]; c != nil {
		return c, nil
	}
	largest := shape
	largest.N = batch
	by, found := e.chosen.find(e.card.Name, convKey{kind, largest})
	if !found {
		return nil, errors.New("no algorithm was chosen")
	}
	c, err := e.dnn.Prepare(kind, shape, by)
	if err != nil && shape.N != batch {
		list, other := e.dnn.Find(kind, shape, e.chosen.deterministic, workspaceLimit, at.x, at.w, at.y)
		if other != nil || len(list) == 0 {
			return nil, errors.Join(err, other)
		}
		first := slices.MinFunc(list, func(a, b dnn.Choice) int { return (a.Algo-b.Algo)*16 + a.Math - b.Math })
		c, err = e.dnn.Prepare(kind, shape, first)
	}
	if err != nil {
		return nil, err
	}
	if err := e.room(c.Workspace()); err != nil {
		return nil, errors.Join(err, c.Destroy())
	}
	e.convs[key] = c
	return c, nil
}

// forget lets go of all algorithms, so that others can be put in their place.
func (e *engine) forget() error {
	err := e.card.Synchronize()
	for key, b := range e.bounds {
		err = errors.Join(err, b.drop())
		delete(e.bounds, key)
	}
	for key, c := range e.convs {
		err = errors.Join(err, c.Destroy())
		delete(e.convs, key)
	}
	e.ready = false
	return err
}

// operands are the addresses of a convolution's tensors.
type operands struct{ x, w, y cuda.Ptr }

// convolution is what an operation that is one asks of cuDNN.
func (e *engine) convolution(p *plan.Program, op plan.Op, n int) (dnn.Kind, dnn.Shape, operands, bool) {
	switch o := op.(type) {
	case *plan.Conv:
		return dnn.Forward, e.precision.shape(o.Shape, n), operands{e.at(p, o.X), e.convWeights(o.Weights), e.at(p, o.Y)}, true
	case *plan.ConvData:
		return dnn.BackwardData, e.precision.shape(o.Shape, n), operands{e.at(p, o.DX), e.convWeights(o.Weights), e.at(p, o.DY)}, true
	case *plan.ConvWeights:
		return dnn.BackwardWeights, e.precision.shape(o.Shape, n), operands{e.at(p, o.X), e.convGrad(o.Weights), e.at(p, o.DY)}, true
	}
	return 0, dnn.Shape{}, operands{}, false
}
