package models

import (
	"errors"
	"fmt"
	"slices"

	"hpaflow/models/statedict"
)

// pendingName is the moment under which gradients are kept that were summed
// but not yet used for a step.
const pendingName = "pending_grad"

// State is Device.State.
func (d *CPU) State() State {
	s := State{Steps: d.optimizer.steps, Pending: d.pending}
	for _, p := range d.params.list {
		s.Weights = append(s.Weights, Tensor{Name: p.name, Shape: p.shape, Data: slices.Clone(p.data)})
	}
	for _, slot := range d.slots(d.pending) {
		s.Optimizer = append(s.Optimizer, Tensor{Name: slot.Name, Shape: slot.Shape, Data: slices.Clone(slot.Data)})
	}
	return s
}

// slots are the optimiser's tensors, with the memory they stand for.
func (d *CPU) slots(pending int) []Tensor {
	var list []Tensor
	add := func(moment string, all [][]float32) {
		for i, p := range d.trainable {
			list = append(list, Tensor{Name: moment + "/" + p.name, Shape: p.shape, Data: all[i]})
		}
	}
	for i, moment := range d.opts.Optimizer.moments() {
		add(moment, d.optimizer.state[i])
	}
	if pending > 0 {
		add(pendingName, d.sum)
	}
	return list
}

// Load is Device.Load.
func (d *CPU) Load(s State) error {
	weights := d.params.tensors()
	err := match(weights, s.Weights)
	fresh := len(s.Optimizer) == 0
	if s.Pending < 0 || s.Pending >= d.opts.Accumulate {
		err = errors.Join(err, fmt.Errorf("%d batches wait for a step, of %d", s.Pending, d.opts.Accumulate))
	} else if !fresh {
		err = errors.Join(err, match(d.slots(s.Pending), s.Optimizer))
	}
	if err != nil {
		return err
	}
	fill(weights, s.Weights)
	d.predict.plan.folded = false
	if fresh {
		for _, t := range d.slots(0) {
			clear(t.Data)
		}
		d.optimizer.steps, d.pending = 0, 0
		return nil
	}
	fill(d.slots(s.Pending), s.Optimizer)
	d.optimizer.steps, d.pending = s.Steps, s.Pending
	return nil
}

// Init is Device.Init.
func (d *CPU) Init(weights []Tensor) (*statedict.Fitted, error) {
	list, report, err := statedict.Fit(d.params.tensors(), weights, networkOf(d.opts.Model).names)
	if err != nil {
		return nil, err
	}
	return report, d.Load(State{Weights: list})
}

// match reports every difference in name or shape.
func match(want, got []Tensor) error {
	var errs []error
	byName := map[string]Tensor{}
	for _, t := range got {
		if _, twice := byName[t.Name]; twice {
			errs = append(errs, fmt.Errorf("tensor %s is given twice", t.Name))
		}
		byName[t.Name] = t
	}
	for _, w := range want {
		t, found := byName[w.Name]
		switch {
		case !found:
			errs = append(errs, fmt.Errorf("tensor %s is missing", w.Name))
		case !slices.Equal(t.Shape, w.Shape) || len(t.Data) != len(w.Data):
			errs = append(errs, fmt.Errorf("tensor %s has shape %v, want %v", w.Name, t.Shape, w.Shape))
		}
		delete(byName, w.Name)
	}
	for _, t := range got {
		if _, left := byName[t.Name]; left {
			errs = append(errs, fmt.Errorf("tensor %s is unknown to the network", t.Name))
			delete(byName, t.Name)
		}
	}
	return errors.Join(errs...)
}

// fill copies matched tensors into place.
func fill(dst, src []Tensor) {
	byName := map[string]Tensor{}
	for _, t := range src {
		byName[t.Name] = t
	}
	for _, t := range dst {
		copy(t.Data, byName[t.Name].Data)
	}
}
