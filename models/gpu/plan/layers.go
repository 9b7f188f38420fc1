package plan

import (
	"errors"

	"hpaflow/models/network"
)

// batchNormEps is PyTorch's default.
const batchNormEps = 1e-5

// Conv is network.Layers.Conv.
func (p *planner) Conv(x network.Activation, name string, c network.ConvShape) network.Activation {
	s := ConvShape{
		C: x.C, H: x.H, W: x.W, K: c.Out, R: c.KH, S: c.KW, PadH: c.PadH, PadW: c.PadW,
		StrideH: max(c.StrideH, 1), StrideW: max(c.StrideW, 1), Groups: max(c.Groups, 1),
	}
	if c.Bias {
		p.fail(name, errProcessor)
		return x
	}
	if s.C%s.Groups != 0 || s.K%s.Groups != 0 || s.H+2*s.PadH < s.R || s.W+2*s.PadW < s.S {
		p.fail(name, errors.New("an impossible convolution"))
		return x
	}
	weights := p.Params.weights(name+".weight", p.init, s.K, s.C/s.Groups, s.R, s.S)
	from := p.read(x)
	y, id := p.image(network.Activation{C: s.K, H: s.OutH(), W: s.OutW()})
	p.of(x).packed, p.of(y).packed = true, true
	p.step("conv "+name, s.Flops(), &Conv{Shape: s, X: from, Y: id, Weights: weights})
	p.gradient(name, y, func(dy ID) {
		p.step("conv weights "+name, s.Flops(), &ConvWeights{Shape: s, X: p.again(x), DY: dy, Weights: weights})
		p.share(x, func(dx ID, add bool) {
			p.step("conv data "+name, s.Flops(), &ConvData{Shape: s, DY: dy, DX: dx, Weights: weights, Add: add})
		})
	})
	return y
}

// errProcessor is of layers that are computed on the processor alone
// (network.Network.Processor).
var errProcessor = errors.New("no card computes such a layer")

// Norm is network.Layers.Norm.
func (p *planner) Norm(x network.Activation, n network.Norm) network.Activation {
	p.fail(n.Name, errProcessor)
	return x
}

// LayerNorm is network.Layers.LayerNorm.
func (p *planner) LayerNorm(x network.Activation, name string, _ float64) network.Activation {
	p.fail(name, errProcessor)
	return x
}

// Dense is network.Layers.Dense.
func (p *planner) Dense(x network.Activation, d network.Dense) network.Activation {
	p.fail(d.Names[0], errProcessor)
	return x
}

// AveragePool2 is network.Layers.AveragePool2.
func (p *planner) AveragePool2(x network.Activation, name string) network.Activation {
	p.fail(name, errProcessor)
	return x
}

// ConvNorm is network.Layers.ConvNorm.
func (p *planner) ConvNorm(x network.Activation, c network.ConvNorm) network.Activation {
	y := p.Conv(x, c.Conv, c.Shape)
	if p.err != nil {
		return x
	}
	n := Norm{
		C: y.C, Eps: c.Eps, Weight: p.Params.get(c.Norm+".weight", network.Ones, y.C), Bias: p.Params.get(c.Norm+".bias", network.Zeros, y.C),
		Channel: p.Params.statistics(c.Norm, y.C),
	}
	if n.Eps == 0 {
		n.Eps = batchNormEps
	}
	m := &norm{index: len(p.Norms), name: c.Norm, y: y, relu: c.ReLU}
	p.Norms = append(p.Norms, n)
	if p.Kind != Predict {
		m.stats = &Stats{Norm: m.index, Y: p.id(y), Mean: None, Raw: None}
		p.step("batch norm statistics "+c.Norm, 0, m.stats)
	}
	out := p.result(network.Activation{C: y.C, H: y.H, W: y.W}, None)
	if c.Residual == nil {
		p.of(out).norm = m // and is computed when it is asked for
	} else {
		p.residual(m, out, *c.Residual)
	}
	p.back(func() {
		if !m.fused {
			p.normBack(m, out, c.Residual)
		}
	})
	return out
}

// residual computes the result of a batch norm and what is added to it, which
// may be another batch norm's by the way.
func (p *planner) residual(m *norm, out, residual network.Activation) {
	y := p.id(m.y)
	op := m.apply(y, None)
	if other := p.fuse(residual, false); other != nil {
		op.Residual, op.ResidualNorm = p.id(other.y), other.index
	} else {
		op.Residual = p.read(residual)
	}
	op.Out = p.like(y)
	r := p.of(out)
	r.id = op.Out
	if p.Kind != Train {
		r.over = y
	}
	p.step("batch norm "+m.name, 0, op)
}

// normBack adds the gradient of a batch norm.
func (p *planner) normBack(m *norm, out network.Activation, residual *network.Activation) {
	dout := p.of(out).grad
	if dout == None {
		p.fail(m.name, errors.New("nothing depends on its result"))
		return
	}
	y := p.id(m.y)
	op := &NormBackward{Norm: m.index, Y: y, Out: None, DOut: dout, DY: p.at(y)}
	switch {
	case m.relu && residual != nil:
		op.Cut, op.Out = CutOutput, p.of(out).id
	case m.relu:
		op.Cut = CutInput
	}
	p.of(m.y).grad = op.DY
	p.step("batch norm data "+m.name, 0, op)
	if residual != nil {
		p.hand(m.name, *residual, dout)
	}
}

// SqueezeExcite is network.Layers.SqueezeExcite.
func (p *planner) SqueezeExcite(x network.Activation, name string, hidden int, residual network.Activation) network.Activation {
	s := Squeeze{
		Hidden: hidden,
		W1:     p.Params.get(name+".fc1.weight", network.Uniform(x.C), hidden, x.C, 1, 1), B1: p.Params.get(name+".fc1.bias", network.Uniform(x.C), hidden),
		W2: p.Params.get(name+".fc2.weight", network.Uniform(hidden), x.C, hidden, 1, 1), B2: p.Params.get(name+".fc2.bias", network.Uniform(hidden), x.C),
		Mean: p.vector(x.C), Between: p.vector(hidden), Gates: p.vector(x.C), Raw: None, Norm: NoNorm,
	}
	op := &SqueezeExcite{Means: true}
	from := x // whose gradient is computed
	m := p.fuse(x, false)
	if m == nil {
		op.X = p.read(x)
	} else {
		m.fused = true
		from, s.Norm, op.X = m.y, m.index, p.id(m.y)
		if m.stats != nil {
			s.Raw, op.Means = p.vector(x.C), false
			m.stats.Mean, m.stats.Raw = s.Mean, s.Raw
		}
	}
	op.Squeeze, op.Residual = s, p.read(residual)
	y, id := p.image(network.Activation{C: x.C, H: x.H, W: x.W})
	op.Out = id
	p.step("squeeze-excite "+name, 0, op)
	p.gradient(name, y, func(dout ID) {
		dx := p.at(op.X)
		if m == nil {
			dx = p.like(op.X)
		}
		p.step("squeeze-excite data "+name, 0, &SqueezeExciteBackward{Squeeze: s, X: op.X, Out: id, DOut: dout, DX: dx})
		p.hand(name, from, dx)
		p.hand(name, residual, dout)
	})
	return y
}
