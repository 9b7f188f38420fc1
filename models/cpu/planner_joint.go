package cpu

import (
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// Concat is network.Layers.Concat. It is made when a layer asks for it.
func (p *planner) Concat(name string, xs ...network.Activation) network.Activation {
	_, y, err := concatOf(xs)
	p.fail(name, err)
	if p.apart == nil {
		p.apart = map[int]concatenation{}
	}
	y.Ref = len(p.plan.values)
	p.plan.values = append(p.plan.values, 0)
	p.apart[y.Ref] = concatenation{name, xs}
	return y
}

// whole is x in one piece, and computed.
func (p *planner) whole(x network.Activation) network.Activation {
	if l := p.normed[x.Ref]; l != nil {
		return p.norm(l)
	}
	c, apart := p.apart[x.Ref]
	if !apart {
		return x
	}
	if len(c.parts) == 1 { // and it was made
		return c.parts[0]
	}
	k, y, err := concatOf(c.parts)
	p.fail(c.name, err)
	made := p.step(planStep{name: "concat " + c.name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Forward(ws, n, out, in) },
	}, y, c.parts...)
	p.apart[x.Ref] = concatenation{c.name, []network.Activation{made}}
	return made
}

// partsOf are what a concatenation lays beside each other, or x alone.
func (p *planner) partsOf(x network.Activation) []network.Activation {
	if c, apart := p.apart[x.Ref]; apart {
		return c.parts
	}
	return []network.Activation{x}
}

// normed is a batch norm that a convolution of one position may compute by the way.
type normed struct {
	name    string
	k       kernels.JointNorm
	parts   []network.Activation
	fold    func() // makes the moments
	moments kernels.Moments
	y       network.Activation
	whole   *network.Activation // the result, where a layer has asked for it
}

// Norm is network.Layers.Norm. It is computed when a layer asks for it.
func (p *planner) Norm(x network.Activation, n network.Norm) network.Activation {
	parts := p.partsOf(x)
	k, err := normFor(x, parts, n)
	p.fail(n.Name, err)
	l := &normed{name: n.Name, k: k, parts: parts, moments: kernels.NewMoments(x.C), y: network.Activation{C: x.C, H: x.H, W: x.W}}
	gamma, beta := p.param(n.Name+".weight", network.Ones, x.C), p.param(n.Name+".bias", network.Zeros, x.C)
	mean, variance := p.plan.params.statistics(n.Name, x.C)
	l.fold = func() { l.k.Keep(gamma, beta, mean.data, variance.data, l.moments) }
	if p.normed == nil {
		p.normed = map[int]*normed{}
	}
	l.y.Ref = len(p.plan.values)
	p.plan.values = append(p.plan.values, 0)
	p.normed[l.y.Ref] = l
	return l.y
}

// norm computes a batch norm: one step, which reads the parts where they lie.
func (p *planner) norm(l *normed) network.Activation {
	if l.whole == nil {
		y := p.step(planStep{
			name: "batch norm " + l.name, inPlace: -1,
			fold: func(*kernels.Workspace) { l.fold() },
			run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
				l.k.Apply(ws, n, out, in, l.moments)
			},
		}, l.y, l.parts...)
		l.whole = &y
	}
	return *l.whole
}

// AveragePool2 is network.Layers.AveragePool2.
func (p *planner) AveragePool2(x network.Activation, name string) network.Activation {
	k := kernels.AveragePool2{C: x.C, H: x.H, W: x.W}
	p.fail(name, k.Validate())
	return p.step(planStep{name: "average pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Forward(ws, n, out, in[0]) },
	}, network.Activation{C: x.C, H: x.H / 2, W: x.W / 2}, x)
}
