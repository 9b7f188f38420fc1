package cpu

import (
	"fmt"
	"math"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// planner turns a network's layers into a plan.
type planner struct {
	plan *plan
	init network.Initialiser // of convolutions
	err  error               // the first that happened

	// Concatenations and norms that no layer has asked for, by Activation.Ref.
	apart  map[int]concatenation
	normed map[int]*normed
}

// concatenation is one that need not be made.
type concatenation struct {
	name  string
	parts []network.Activation
}

var _ network.Layers = (*planner)(nil)

func (p *planner) Training() bool { return false }

func (p *planner) fail(name string, err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("%s: %w", name, err)
	}
}

// step adds a step whose result has the shape of y.
func (p *planner) step(s planStep, y network.Activation, in ...network.Activation) network.Activation {
	for _, x := range in {
		s.in = append(s.in, p.whole(x).Ref)
	}
	y.Ref = len(p.plan.values)
	s.out = y.Ref
	p.plan.values = append(p.plan.values, valuesOf(y))
	p.plan.steps = append(p.plan.steps, s)
	return y
}

// param is the values of a parameter.
func (p *planner) param(name string, init network.Initialiser, shape ...int) []float32 {
	return p.plan.params.get(name, init, shape).data
}

// ConvNorm is network.Layers.ConvNorm: one step.
func (p *planner) ConvNorm(x network.Activation, c network.ConvNorm) network.Activation {
	k, y, weights := p.convolution(x, c.Conv, c.Shape)
	if k == nil {
		return x
	}
	gamma := p.param(c.Norm+".weight", network.Ones, y.C)
	beta := p.param(c.Norm+".bias", network.Zeros, y.C)
	mean, variance := p.plan.params.statistics(c.Norm, y.C)
	eps := c.Eps
	if eps == 0 {
		eps = kernels.BatchNormEps
	}
	s := planStep{name: "conv " + c.Conv, flops: k.Flops(), inPlace: -1, weights: k.PackedSize(), joint: k.Joint()}
	e := kernels.Epilogue{Bias: make([]float32, kernels.Blocks(y.C)*kernels.Lanes), ReLU: c.ReLU}
	var packed kernels.Packed
	s.fold = func(ws *kernels.Workspace) {
		scaled := p.plan.space(len(weights))
		size := len(weights) / y.C
		for o := range y.C {
			scale := float64(gamma[o]) / math.Sqrt(float64(variance.data[o])+eps)
			e.Bias[o] = float32(float64(beta[o]) - float64(mean.data[o])*scale)
			for i := o * size; i < (o+1)*size; i++ {
				scaled[i] = float32(float64(weights[i]) * scale)
			}
		}
		packed = k.Pack(ws, scaled)
	}
	if l := p.normed[x.Ref]; l != nil && l.whole == nil && c.Residual == nil && k.TakesNormed() {
		fold := s.fold
		s.fold = func(ws *kernels.Workspace) { l.fold(); fold(ws) }
		s.run = func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.InferNormed(ws, n, out, kernels.Normed{Norm: l.k, Parts: in, Moments: l.moments}, packed, e)
		}
		return p.step(s, y, l.parts...)
	}
	in := []network.Activation{x}
	if c.Residual != nil {
		in, s.inPlace = append(in, *c.Residual), 1
	}
	s.run = func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
		with := e
		with.Residual = optional(in, 1)
		k.Infer(ws, n, out, in[0], packed, with)
	}
	return p.step(s, y, in...)
}

// Conv is network.Layers.Conv.
func (p *planner) Conv(x network.Activation, name string, shape network.ConvShape) network.Activation {
	k, y, weights := p.convolution(x, name, shape)
	if k == nil {
		return x
	}
	var e kernels.Epilogue
	if shape.Bias {
		e.Bias = p.param(name+".bias", network.Zeros, k.Out)
	}
	var packed kernels.Packed
	return p.step(planStep{
		name: "conv " + name, flops: k.Flops(), inPlace: -1, weights: k.PackedSize(), joint: k.Joint(),
		fold: func(ws *kernels.Workspace) { packed = k.Pack(ws, weights) },
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Infer(ws, n, out, in[0], packed, e)
		},
	}, y, x)
}

// convolution is the kernel for x, the shape of its result, and the weights.
func (p *planner) convolution(x network.Activation, name string, shape network.ConvShape) (*kernels.Conv, network.Activation, []float32) {
	k, err := kernels.NewConv(shapeFor(x, shape, p.plan.batch))
	if err != nil {
		p.fail(name, err)
		return nil, x, nil
	}
	weights := p.param(name+".weight", p.init, k.Out, k.In/k.Groups, k.KH, k.KW)
	return k, network.Activation{C: k.Out, H: k.OutH(), W: k.OutW()}, weights
}

// MaxPool is network.Layers.MaxPool.
func (p *planner) MaxPool(x network.Activation, name string, shape network.MaxPool) network.Activation {
	k := poolFor(x, shape)
	if err := k.Validate(); err != nil {
		p.fail(name, err)
		return x
	}
	return p.step(planStep{name: "max pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], nil)
		}}, network.Activation{C: x.C, H: k.OutH(), W: k.OutW()}, x)
}

// AveragePool3 is network.Layers.AveragePool3.
func (p *planner) AveragePool3(x network.Activation, name string) network.Activation {
	k := kernels.AveragePool3{C: x.C, H: x.H, W: x.W}
	return p.step(planStep{name: "average pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Run(ws, n, out, in[0]) },
	}, network.Activation{C: x.C, H: x.H, W: x.W}, x)
}

// AdaptivePool is network.Layers.AdaptivePool.
func (p *planner) AdaptivePool(x network.Activation, name string, h, w int) network.Activation {
	k := kernels.AdaptivePool{C: x.C, H: x.H, W: x.W, OutH: h, OutW: w}
	p.fail(name, k.Validate())
	return p.step(planStep{name: "adaptive pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Forward(ws, n, out, in[0]) },
	}, network.Activation{C: x.C, H: h, W: w}, x)
}

// MeanPool is network.Layers.MeanPool.
func (p *planner) MeanPool(x network.Activation, name string) network.Activation {
	return p.step(planStep{name: "mean " + name, inPlace: -1,
		run: func(_ *kernels.Workspace, n int, out []float32, in [][]float32) {
			kernels.AveragePool(n, x.C, x.Plane(), out, in[0])
		}}, network.Activation{C: x.C}, x)
}

// SqueezeExcite is network.Layers.SqueezeExcite.
func (p *planner) SqueezeExcite(x network.Activation, name string, hidden int, residual network.Activation) network.Activation {
	k := kernels.SqueezeExcite{C: x.C, Hidden: hidden, Plane: x.Plane()}
	w := kernels.SqueezeWeights{
		W1: p.param(name+".fc1.weight", network.Uniform(x.C), hidden, x.C, 1, 1), B1: p.param(name+".fc1.bias", network.Uniform(x.C), hidden),
		W2: p.param(name+".fc2.weight", network.Uniform(hidden), x.C, hidden, 1, 1), B2: p.param(name+".fc2.bias", network.Uniform(hidden), x.C),
	}
	return p.step(planStep{name: "squeeze-excite " + name, inPlace: 0,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], in[1], w, k.NewGates(n))
		}}, x, x, residual)
}

// Linear is network.Layers.Linear.
func (p *planner) Linear(x network.Activation, name string, out int) network.Activation {
	k := kernels.Linear{In: x.C, Out: out}
	w, bias := p.param(name+".weight", network.Uniform(x.C), out, x.C), p.param(name+".bias", network.Uniform(x.C), out)
	return p.step(planStep{name: "linear " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], w, bias)
		},
	}, network.Activation{C: out}, x)
}

// Attention is network.Layers.Attention.
func (p *planner) Attention(logits, scores network.Activation, logitsName, scoresName string) network.Activation {
	k := kernels.Attention{C: logits.C, Plane: logits.Plane()}
	bias := p.attentionBias(logitsName)
	p.attentionBias(scoresName) // adds the same to all scores of a map, so nothing changes
	return p.step(planStep{name: "attention " + scoresName, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], in[1], bias)
		}}, network.Activation{C: k.C}, logits, scores)
}

func (p *planner) attentionBias(name string) []float32 {
	shape := p.plan.params.byName[name+".weight"].shape
	return p.param(name+".bias", network.Uniform(shape[1]), shape[0])
}
