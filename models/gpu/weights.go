//go:build gpu && linux

package gpu

import (
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// flat is one number for each of the trainable parameters, as they lie on the
// card, or for each of the statistics.
type flat []float32

// lay copies a tensor into its place. Weights of convolutions come as
// (out,in,kh,kw) and lie as (out,kh,kw,in).
func (f flat) lay(p *plan.Param, data []float32) {
	to := f[p.Offset : p.Offset+len(data)]
	if !p.Conv {
		copy(to, data)
		return
	}
	c, plane := p.Shape[1], p.Shape[2]*p.Shape[3]
	for filter := 0; filter < len(data); filter += c * plane {
		for channel := range c {
			for position, v := range data[filter+channel*plane : filter+(channel+1)*plane] {
				to[filter+position*c+channel] = v
			}
		}
	}
}

// tensor is the other way round.
func (f flat) tensor(p *plan.Param) []float32 {
	from := f[p.Offset : p.Offset+p.Size()]
	data := make([]float32, len(from))
	if !p.Conv {
		copy(data, from)
		return data
	}
	c, plane := p.Shape[1], p.Shape[2]*p.Shape[3]
	for filter := 0; filter < len(data); filter += c * plane {
		for channel := range c {
			row := data[filter+channel*plane : filter+(channel+1)*plane]
			for position := range row {
				row[position] = from[filter+position*c+channel]
			}
		}
	}
	return data
}

// put copies numbers to the card.
func (e *engine) put(to cuda.Ptr, f flat) error {
	return e.card.CopyToDevice(to, bytesOf(f), e.compute)
}

// get copies as many numbers from the card, all of whose work is done then.
func (e *engine) get(from cuda.Ptr, n int) (flat, error) {
	f := make(flat, n)
	if err := e.card.CopyToHost(bytesOf(f), from, e.compute); err != nil {
		return nil, err
	}
	return f, e.compute.Synchronize()
}

// setWeights puts parameters and statistics in place.
func (e *engine) setWeights(parameters, statistics flat) error {
	if err := e.put(e.memory.weights, parameters); err != nil {
		return err
	}
	return e.setStatistics(statistics)
}

// setStatistics puts statistics in place, and brings what follows from them and the
// weights up to date.
func (e *engine) setStatistics(statistics flat) error {
	if err := e.put(e.memory.statistics, statistics); err != nil {
		return err
	}
	return e.follow()
}

// setAverage puts parameters and statistics in the place of the average, where
// there is one.
func (e *engine) setAverage(parameters, statistics flat) error {
	if e.options.EMA == 0 {
		return nil
	}
	e.shown = false
	if err := e.put(e.memory.average, parameters); err != nil {
		return err
	}
	return e.put(e.memory.averaged, statistics)
}

// show lets the average take the place of the weights and statistics that are
// trained, to predict, or these that of the average.
func (e *engine) show(average bool) error {
	if e.options.EMA == 0 || e.shown == average {
		return nil
	}
	e.shown = average
	if err := e.kernels.Exchange(e.compute, e.memory.weights, e.memory.average, e.params.Trainable); err != nil {
		return err
	}
	if err := e.kernels.Exchange(e.compute, e.memory.statistics, e.memory.averaged, e.params.Statistics); err != nil {
		return err
	}
	return e.follow()
}

// follow brings up to date what follows from weights and statistics.
func (e *engine) follow() error {
	e.stale = true
	if e.memory.shadow == 0 {
		return nil
	}
	n := e.params.Weights
	return e.kernels.Copy(e.compute, kernels.Flat(e.memory.shadow, kernels.BF16, n), kernels.Flat(e.memory.weights, kernels.F32, n))
}

// initial are the parameters and statistics that a network begins with.
func initial(ps *plan.Params) (parameters, statistics flat) {
	parameters, statistics = make(flat, ps.Trainable), make(flat, ps.Statistics)
	for _, p := range ps.List {
		if p.Statistic {
			statistics.lay(p, p.Initial())
		} else {
			parameters.lay(p, p.Initial())
		}
	}
	return parameters, statistics
}
