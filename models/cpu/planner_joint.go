package cpu

import (
	"math"

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

// whole is x in one piece.
func (p *planner) whole(x network.Activation) network.Activation {
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

// Norm is network.Layers.Norm: one step, which reads the parts where they lie.
func (p *planner) Norm(x network.Activation, n network.Norm) network.Activation {
	parts := p.partsOf(x)
	k := kernels.JointNorm{Plane: x.Plane(), ReLU: n.ReLU, Eps: n.Eps}
	for _, part := range parts {
		k.C = append(k.C, part.C)
	}
	p.fail(n.Name, k.Validate())
	gamma, beta := p.param(n.Name+".weight", network.Ones, x.C), p.param(n.Name+".bias", network.Zeros, x.C)
	mean, variance := p.plan.params.statistics(n.Name, x.C)
	eps := n.Eps
	if eps == 0 {
		eps = kernels.BatchNormEps
	}
	m := kernels.NewMoments(x.C)
	return p.step(planStep{
		name: "batch norm " + n.Name, inPlace: -1,
		fold: func(*kernels.Workspace) {
			for c := range x.C {
				scale := float64(gamma[c]) / math.Sqrt(float64(variance.data[c])+eps)
				m.Scale[c], m.Offset[c] = float32(scale), float32(float64(beta[c])-float64(mean.data[c])*scale)
			}
		},
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Apply(ws, n, out, in, m) },
	}, network.Activation{C: x.C, H: x.H, W: x.W}, parts...)
}

// AveragePool2 is network.Layers.AveragePool2.
func (p *planner) AveragePool2(x network.Activation, name string) network.Activation {
	k := kernels.AveragePool2{C: x.C, H: x.H, W: x.W}
	p.fail(name, k.Validate())
	return p.step(planStep{name: "average pool " + name, inPlace: -1,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) { k.Forward(ws, n, out, in[0]) },
	}, network.Activation{C: x.C, H: x.H / 2, W: x.W / 2}, x)
}
