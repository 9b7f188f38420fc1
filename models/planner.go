package models

import (
	"fmt"
	"math"

	"hpaflow/models/kernels"
)

// planner turns a network's layers into a plan.
type planner struct {
	plan *plan
	init initialiser // of convolutions
	err  error       // the first that happened
}

var _ layers = (*planner)(nil)

func (p *planner) training() bool { return false }

func (p *planner) fail(name string, err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("%s: %w", name, err)
	}
}

// step adds a step whose result has the shape of y.
func (p *planner) step(s planStep, y activation, in ...activation) activation {
	for _, x := range in {
		s.in = append(s.in, x.ref)
	}
	y.ref = len(p.plan.slots)
	s.out = y.ref
	p.plan.slots = append(p.plan.slots, planSlot{values: valuesOf(y)})
	p.plan.steps = append(p.plan.steps, s)
	return y
}

// param is the values of a parameter.
func (p *planner) param(name string, init initialiser, shape ...int) []float32 {
	return p.plan.params.get(name, init, shape).data
}

// convNorm is layers.convNorm: one step.
func (p *planner) convNorm(x activation, c convNorm) activation {
	k, y, weights := p.convolution(x, c.conv, c.shape)
	if k == nil {
		return x
	}
	gamma := p.param(c.norm+".weight", ones, y.c)
	beta := p.param(c.norm+".bias", zeros, y.c)
	mean, variance := p.plan.params.statistics(c.norm, y.c)
	eps := c.eps
	if eps == 0 {
		eps = kernels.BatchNormEps
	}
	s := planStep{name: "conv " + c.conv, flops: k.Flops(), inPlace: -1}
	e := kernels.Epilogue{Bias: make([]float32, kernels.Blocks(y.c)*kernels.Lanes), ReLU: c.relu}
	var packed kernels.Packed
	s.fold = func(ws *kernels.Workspace) {
		scaled := p.plan.space(len(weights))
		size := len(weights) / y.c
		for o := range y.c {
			scale := float64(gamma[o]) / math.Sqrt(float64(variance.data[o])+eps)
			e.Bias[o] = float32(float64(beta[o]) - float64(mean.data[o])*scale)
			for i := o * size; i < (o+1)*size; i++ {
				scaled[i] = float32(float64(weights[i]) * scale)
			}
		}
		packed = k.Pack(ws, scaled)
	}
	in := []activation{x}
	if c.residual != nil {
		in, s.inPlace = append(in, *c.residual), 1
	}
	s.run = func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
		with := e
		with.Residual = optional(in, 1)
		k.Infer(ws, n, out, in[0], packed, with)
	}
	return p.step(s, y, in...)
}

// conv is layers.conv.
func (p *planner) conv(x activation, name string, shape convShape) activation {
	k, y, weights := p.convolution(x, name, shape)
	if k == nil {
		return x
	}
	var packed kernels.Packed
	return p.step(planStep{
		name: "conv " + name, flops: k.Flops(), inPlace: -1,
		fold: func(ws *kernels.Workspace) { packed = k.Pack(ws, weights) },
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Infer(ws, n, out, in[0], packed, kernels.Epilogue{})
		},
	}, y, x)
}

// convolution is the kernel for x, the shape of its result, and the weights.
func (p *planner) convolution(x activation, name string, shape convShape) (*kernels.Conv, activation, []float32) {
	k, err := kernels.NewConv(shapeFor(x, shape, p.plan.batch))
	if err != nil {
		p.fail(name, err)
		return nil, x, nil
	}
	weights := p.param(name+".weight", p.init, k.Out, k.In/k.Groups, k.KH, k.KW)
	return k, activation{c: k.Out, h: k.OutH(), w: k.OutW()}, weights
}

// maxPool is layers.maxPool.
func (p *planner) maxPool(x activation, name string, shape maxPool) activation {
	k := poolFor(x, shape)
	if err := k.Validate(); err != nil {
		p.fail(name, err)
		return x
	}
	return p.step(planStep{name: "max pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], nil)
		}}, activation{c: x.c, h: k.OutH(), w: k.OutW()}, x)
}

// averagePool3 is layers.averagePool3.
func (p *planner) averagePool3(x activation, name string) activation {
	k := kernels.AveragePool3{C: x.c, H: x.h, W: x.w}
	return p.step(planStep{name: "average pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Run(ws, n, out, in[0]) },
	}, activation{c: x.c, h: x.h, w: x.w}, x)
}

// adaptivePool is layers.adaptivePool.
func (p *planner) adaptivePool(x activation, name string, h, w int) activation {
	k := kernels.AdaptivePool{C: x.c, H: x.h, W: x.w, OutH: h, OutW: w}
	p.fail(name, k.Validate())
	return p.step(planStep{name: "adaptive pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Forward(ws, n, out, in[0]) },
	}, activation{c: x.c, h: h, w: w}, x)
}

// meanPool is layers.meanPool.
func (p *planner) meanPool(x activation, name string) activation {
	return p.step(planStep{name: "mean " + name, inPlace: -1,
		run: func(_ *kernels.Workspace, n int, out []float32, in [][]float32) {
			kernels.AveragePool(n, x.c, x.plane(), out, in[0])
		}}, activation{c: x.c}, x)
}

// concat is layers.concat.
func (p *planner) concat(name string, xs ...activation) activation {
	k, y, err := concatOf(xs)
	p.fail(name, err)
	return p.step(planStep{name: "concat " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Forward(ws, n, out, in) },
	}, y, xs...)
}

// squeezeExcite is layers.squeezeExcite.
func (p *planner) squeezeExcite(x activation, name string, hidden int, residual activation) activation {
	k := kernels.SqueezeExcite{C: x.c, Hidden: hidden, Plane: x.plane()}
	w := kernels.SqueezeWeights{
		W1: p.param(name+".fc1.weight", uniform(x.c), hidden, x.c, 1, 1), B1: p.param(name+".fc1.bias", uniform(x.c), hidden),
		W2: p.param(name+".fc2.weight", uniform(hidden), x.c, hidden, 1, 1), B2: p.param(name+".fc2.bias", uniform(hidden), x.c),
	}
	return p.step(planStep{name: "squeeze-excite " + name, inPlace: 0,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], in[1], w, k.NewGates(n))
		}}, x, x, residual)
}

// linear is layers.linear.
func (p *planner) linear(x activation, name string, out int) activation {
	k := kernels.Linear{In: x.c, Out: out}
	w, bias := p.param(name+".weight", uniform(x.c), out, x.c), p.param(name+".bias", uniform(x.c), out)
	return p.step(planStep{name: "linear " + name, inPlace: -1,
		run: func(_ *kernels.Workspace, n int, out []float32, in [][]float32) { k.Forward(n, out, in[0], w, bias) },
	}, activation{c: out}, x)
}

// attention is layers.attention.
func (p *planner) attention(logits, scores activation, logitsName, scoresName string) activation {
	k := kernels.Attention{C: logits.c, Plane: logits.plane()}
	bias := p.attentionBias(logitsName)
	p.attentionBias(scoresName) // adds the same to all scores of a map, so nothing changes
	return p.step(planStep{name: "attention " + scoresName, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], in[1], bias)
		}}, activation{c: k.C}, logits, scores)
}

func (p *planner) attentionBias(name string) []float32 {
	shape := p.plan.params.byName[name+".weight"].shape
	return p.param(name+".bias", uniform(shape[1]), shape[0])
}
