//go:build gpu && linux

package gpu

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hpaflow/models/gpu/dnn"
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
