package cpu

import (
	"errors"
	"fmt"
	"slices"

	"hpaflow/models"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// pendingName is the moment under which gradients are kept that were summed
// but not yet used for a step.
const pendingName = "pending_grad"

// State is Device.State.
func (d *Device) State() (models.State, error) {
	s := models.State{Steps: d.optimizer.steps, Pending: d.pending}
	for _, p := range d.shown().list {
		s.Weights = append(s.Weights, models.Tensor{Name: p.name, Shape: p.shape, Data: slices.Clone(p.data)})
	}
	for _, slot := range d.slots(d.pending) {
		s.Optimizer = append(s.Optimizer, models.Tensor{Name: slot.Name, Shape: slot.Shape, Data: slices.Clone(slot.Data)})
	}
	return s, nil
}

// slots are the optimiser's tensors, with the memory they stand for.
func (d *Device) slots(pending int) []models.Tensor {
	var list []models.Tensor
	add := func(moment string, all [][]float32) {
		for i, p := range d.trainable {
			list = append(list, models.Tensor{Name: moment + "/" + p.name, Shape: p.shape, Data: all[i]})
		}
	}
	for i, moment := range d.opts.Optimizer.Moments() {
		add(moment, d.optimizer.state[i])
	}
	if pending > 0 {
		add(pendingName, d.sum)
	}
	if d.average != nil {
		list = append(list, models.Live(d.params.tensors())...)
	}
	return list
}

// Load is Device.Load.
func (d *Device) Load(s models.State) error {
	weights := d.shown().tensors()
	err := statedict.Match(weights, s.Weights)
	fresh := len(s.Optimizer) == 0
	if s.Pending < 0 || s.Pending >= d.opts.Accumulate {
		err = errors.Join(err, fmt.Errorf("%d batches wait for a step, of %d", s.Pending, d.opts.Accumulate))
	} else if !fresh {
		err = errors.Join(err, statedict.Match(d.slots(s.Pending), s.Optimizer))
	}
	if err != nil {
		return err
	}
	statedict.Copy(weights, s.Weights)
	d.predict.plan.folded = false
	if fresh {
		for _, t := range d.slots(0) {
			clear(t.Data)
		}
		statedict.Copy(d.params.tensors(), s.Weights)
		d.optimizer.steps, d.pending = 0, 0
		return nil
	}
	statedict.Copy(d.slots(s.Pending), s.Optimizer)
	d.optimizer.steps, d.pending = s.Steps, s.Pending
	return nil
}

// Init is Device.Init.
func (d *Device) Init(weights []models.Tensor) (*statedict.Fitted, error) {
	list, report, err := statedict.Fit(d.params.tensors(), weights, network.ByName(d.opts.Model).Names)
	if err != nil {
		return nil, err
	}
	return report, d.Load(models.State{Weights: list})
}
