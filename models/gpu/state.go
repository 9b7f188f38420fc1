//go:build gpu && linux

package gpu

import (
	"errors"
	"fmt"
	"strings"

	"hpaflow/models"
	"hpaflow/models/gpu/plan"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// pendingName is the moment under which gradients are kept that were summed
// but not yet used for a step.
const pendingName = "pending_grad"

// State is Device.State.
func (d *Device) State() (models.State, error) {
	if d.broken != nil {
		return models.State{}, d.broken
	}
	s, err := d.state()
	if err != nil {
		return models.State{}, d.failed(fmt.Errorf("state: %w", err))
	}
	if s.Pending > 0 && s.Pending != d.pending {
		return models.State{}, fmt.Errorf("state: %w, and the gradients of %d batches before it are lost", models.ErrDiverged, s.Pending)
	}
	return s, nil
}

func (d *Device) state() (s models.State, err error) {
	e := d.engines[0]
	var parameters, statistics, average, averaged, sum flat
	moments := make([]flat, e.moments)
	if err := d.each((*engine).choose); err != nil { // so that whoever goes on chooses alike
		return s, err
	}
	if err := d.each(func(e *engine) error { return e.show(false) }); err != nil {
		return s, err
	}
	err = e.do(func() (err error) {
		if e.options.EMA > 0 {
			if average, err = e.get(e.memory.average, e.params.Trainable); err != nil {
				return err
			}
			if averaged, err = e.get(e.memory.averaged, e.params.Statistics); err != nil {
				return err
			}
		}
		if parameters, err = e.get(e.memory.weights, e.params.Trainable); err != nil {
			return err
		}
		if statistics, err = e.get(e.memory.statistics, e.params.Statistics); err != nil {
			return err
		}
		for i := range moments {
			if moments[i], err = e.get(e.memory.moments[i], e.params.Trainable); err != nil {
				return err
			}
		}
		if d.pending > 0 {
			sum, err = e.get(e.memory.sum, e.params.Trainable)
		}
		return err
	})
	if err != nil {
		return s, err
	}
	s.Steps, s.Pending = d.counts()
	s.Weights = tensors(e.params, parameters, statistics)
	for i, name := range d.options.Optimizer.Moments() {
		s.Optimizer = append(s.Optimizer, moments[i].trainable(e.params, name)...)
	}
	if s.Pending > 0 {
		s.Optimizer = append(s.Optimizer, sum.trainable(e.params, pendingName)...)
	}
	if e.options.EMA > 0 {
		s.Optimizer = append(s.Optimizer, models.Live(s.Weights)...)
		s.Weights = tensors(e.params, average, averaged)
	}
	s.Choices, err = d.chosen.encode()
	return s, err
}

// counts are the optimiser's steps and the batches that wait for one, when all
// work is done: without those from a batch on whose loss is no finite number.
func (d *Device) counts() (steps int64, pending int) {
	for _, f := range d.flying {
		if endless(d.loss(f)) {
			return f.steps, f.pending
		}
	}
	return d.steps, d.pending
}

// tensors are a network's weights, in its order.
func tensors(ps *plan.Params, parameters, statistics flat) []models.Tensor {
	var list []models.Tensor
	for _, p := range ps.List {
		from := parameters
		if p.Statistic {
			from = statistics
		}
		list = append(list, models.Tensor{Name: p.Name, Shape: p.Shape, Data: from.tensor(p)})
	}
	return list
}

// trainable are the tensors of a moment.
func (f flat) trainable(ps *plan.Params, moment string) []models.Tensor {
	var list []models.Tensor
	for _, p := range ps.List {
		if !p.Statistic {
			list = append(list, models.Tensor{Name: moment + "/" + p.Name, Shape: p.Shape, Data: f.tensor(p)})
		}
	}
	return list
}

// outline is the tensors that a state has to have, with as many values as theirs,
// all of which are zero.
func (d *Device) outline(pending int) (weights, optimizer []models.Tensor) {
	ps := d.engines[0].params
	weights = outline(ps)
	moments := d.options.Optimizer.Moments()
	if pending > 0 {
		moments = append(moments, pendingName)
	}
	for _, moment := range moments {
		for i, p := range ps.List {
			if !p.Statistic {
				optimizer = append(optimizer, models.Tensor{Name: moment + "/" + p.Name, Shape: p.Shape, Data: weights[i].Data})
			}
		}
	}
	if d.options.EMA > 0 {
		optimizer = append(optimizer, models.Live(weights)...)
	}
	return weights, optimizer
}

// outline is a network's tensors, all values zero.
func outline(ps *plan.Params) []models.Tensor {
	most := 0
	for _, p := range ps.List {
		most = max(most, p.Size())
	}
	zeros := make([]float32, most)
	var list []models.Tensor
	for _, p := range ps.List {
		list = append(list, models.Tensor{Name: p.Name, Shape: p.Shape, Data: zeros[:p.Size()]})
	}
	return list
}

// Load is Device.Load. Batches in flight are forgotten.
func (d *Device) Load(s models.State) error {
	if d.broken != nil {
		return d.broken
	}
	weights, optimizer := d.outline(s.Pending)
	err := statedict.Match(weights, s.Weights)
	fresh := len(s.Optimizer) == 0
	if s.Pending < 0 || s.Pending >= d.options.Accumulate {
		err = errors.Join(err, fmt.Errorf("%d batches wait for a step, of %d", s.Pending, d.options.Accumulate))
	} else if !fresh {
		err = errors.Join(err, statedict.Match(optimizer, s.Optimizer))
	}
	if err != nil {
		return err
	}
	if err := d.choose(s.Choices); err != nil {
		return err
	}
	ps := d.engines[0].params
	parameters, statistics := flats(ps, s.Weights)
	average, averaged := parameters, statistics
	if d.options.EMA > 0 && !fresh {
		parameters, statistics = flats(ps, liveOf(s.Optimizer))
	}
	names := append(d.options.Optimizer.Moments(), pendingName)
	moments := make([]flat, len(names))
	for i, name := range names {
		moments[i] = momentOf(ps, name, s.Optimizer)
	}
	err = d.each(func(e *engine) error {
		if err := e.setAverage(average, averaged); err != nil {
			return err
		}
		if err := e.setWeights(parameters, statistics); err != nil {
			return err
		}
		for i, to := range append(e.memory.moments[:e.moments:e.moments], e.memory.sum) {
			if to != 0 {
				if err := e.put(to, moments[i]); err != nil {
					return err
				}
			}
		}
		if err := e.begin(); err != nil {
			return err
		}
		return e.compute.Synchronize()
	})
	if err != nil {
		return d.failed(fmt.Errorf("load: %w", err))
	}
	d.flying, d.diverged, d.steps, d.pending = nil, nil, 0, 0
	if !fresh {
		d.steps, d.pending = s.Steps, s.Pending
	}
	return nil
}

// choose takes over the choice of algorithms that a state was computed with.
func (d *Device) choose(text []byte) error {
	var cards []string
	for _, e := range d.engines {
		cards = append(cards, e.card.Name)
	}
	note, err := d.chosen.decode(text, cards)
	if err != nil {
		return err
	}
	d.note = note
	if len(text) == 0 {
		return nil
	}
	if err := d.each((*engine).forget); err != nil {
		return d.failed(fmt.Errorf("load: %w", err))
	}
	return nil
}

// Note says what of the last state that was loaded could not be gone on with as
// it was: algorithms of another card or cuDNN. It is empty mostly.
func (d *Device) Note() string { return d.note }

// flats are a state's weights as they lie on a card.
func flats(ps *plan.Params, list []models.Tensor) (parameters, statistics flat) {
	parameters, statistics = make(flat, ps.Trainable), make(flat, ps.Statistics)
	byName := map[string][]float32{}
	for _, t := range list {
		byName[t.Name] = t.Data
	}
	for _, p := range ps.List {
		if p.Statistic {
			statistics.lay(p, byName[p.Name])
		} else {
			parameters.lay(p, byName[p.Name])
		}
	}
	return parameters, statistics
}

// liveOf are the weights that are trained, beside an average of theirs.
func liveOf(list []models.Tensor) (live []models.Tensor) {
	for _, t := range list {
		if name, is := strings.CutPrefix(t.Name, models.LiveName+"/"); is {
			live = append(live, models.Tensor{Name: name, Shape: t.Shape, Data: t.Data})
		}
	}
	return live
}

// momentOf is a moment of a state, zero where the state has none.
func momentOf(ps *plan.Params, moment string, list []models.Tensor) flat {
	f := make(flat, ps.Trainable)
	byName := map[string][]float32{}
	for _, t := range list {
		byName[t.Name] = t.Data
	}
	for _, p := range ps.List {
		if !p.Statistic {
			f.lay(p, byName[moment+"/"+p.Name])
		}
	}
	return f
}

// Init is Device.Init.
func (d *Device) Init(weights []models.Tensor) (*statedict.Fitted, error) {
	s, err := d.State()
	if err != nil {
		return nil, err
	}
	list, report, err := statedict.Fit(s.Weights, weights, network.ByName(d.options.Model).Names)
	if err != nil {
		return nil, err
	}
	return report, d.Load(models.State{Weights: list})
}
