package cpu

import (
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// LayerNorm is network.Layers.LayerNorm.
func (p *planner) LayerNorm(x network.Activation, name string, eps float64) network.Activation {
	if x.C%kernels.Lanes != 0 {
		p.fail(name, errBlocks)
		return x
	}
	k := kernels.LayerNorm{C: x.C, Tokens: max(1, x.Plane()), Eps: eps}
	gamma, beta := p.param(name+".weight", network.Ones, x.C), p.param(name+".bias", network.Zeros, x.C)
	return p.step(planStep{name: "layer norm " + name, inPlace: 0,
		run: func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
			k.Forward(ws, n, out, in[0], gamma, beta)
		},
	}, network.Activation{C: x.C, H: x.H, W: x.W}, x)
}

// Dense is network.Layers.Dense: one step.
func (p *planner) Dense(x network.Activation, d network.Dense) network.Activation {
	name := d.Names[0]
	k, err := denseFor(x, d, p.plan.batch)
	if err != nil {
		p.fail(name, err)
		return x
	}
	weights, bias := p.param(name+".weight", p.init, d.Out, x.C), p.param(name+".bias", network.Zeros, d.Out)
	e := kernels.Epilogue{Bias: bias, ReLU: d.Activate == network.ReLU}
	s := planStep{name: "dense " + name, flops: k.Flops(), inPlace: -1, weights: k.PackedSize()}
	var packed kernels.Packed
	s.fold = func(ws *kernels.Workspace) { packed = k.Pack(ws, weights) }
	if d.Scale != "" {
		factors := p.param(d.Scale, network.LayerScale, d.Out)
		e.Bias = make([]float32, d.Out)
		s.fold = func(ws *kernels.Workspace) {
			scaled := p.plan.space(len(weights))
			kernels.ScaleRows(ws, scaled, weights, factors)
			kernels.ScaleRows(ws, e.Bias, bias, factors)
			packed = k.Pack(ws, scaled)
		}
	}
	in := []network.Activation{x}
	if d.Residual != nil {
		in, s.inPlace = append(in, *d.Residual), 1
	}
	y := network.Activation{C: d.Out, H: x.H, W: x.W}
	s.run = func(ws *kernels.Workspace, n int, out []float32, in [][]float32) {
		with := e
		with.Residual = optional(in, 1)
		k.Infer(ws, n, out, in[0], packed, with)
		if d.Activate == network.GELU {
			kernels.GELU(ws, out[:n*valuesOf(y)])
		}
	}
	return p.step(s, y, in...)
}
