package transformer

import (
	"fmt"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// planner turns a network's layers into a plan for one image.
type planner struct {
	plan    *plan
	weights *weights
	err     error // the first that happened
}

var _ network.TokenLayers = (*planner)(nil)

// newPlan plans a network for images of a size.
func newPlan(s *network.SubCell, w *weights, height, width int) (*plan, error) {
	if err := s.CheckSide(height, width); err != nil {
		return nil, err
	}
	p := &planner{plan: &plan{values: make([]int, 1)}, weights: w}
	p.plan.outputs = s.Build(p, network.Activation{C: s.Channels, H: height, W: width})
	if p.err != nil {
		return nil, p.err
	}
	p.plan.place()
	return p.plan, nil
}

// conv plans a convolution.
func (p *planner) conv(name string, s kernels.ConvShape) *kernels.Conv {
	k, err := kernels.NewConv(s)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("%s: %w", name, err)
	}
	return k
}

// result is a new slot of the shape of y.
func (p *planner) result(y network.Activation) network.Activation {
	y.Ref = len(p.plan.values)
	p.plan.values = append(p.plan.values, kernels.Blocks(y.C)*kernels.Lanes*max(1, y.Plane()))
	return y
}

func (p *planner) add(s step, out []network.Activation, in ...network.Activation) {
	for _, x := range in {
		s.In = append(s.In, x.Ref)
	}
	for _, y := range out {
		s.Out = append(s.Out, y.Ref)
	}
	p.plan.steps = append(p.plan.steps, s)
}

// step adds a step with one result, of the shape of y.
func (p *planner) step(s step, y network.Activation, in ...network.Activation) network.Activation {
	y = p.result(y)
	p.add(s, []network.Activation{y}, in...)
	return y
}

// Patches is network.TokenLayers.Patches: a convolution whose results move by one
// token, as positions are added.
func (p *planner) Patches(x network.Activation, d network.Patches) network.Activation {
	k := p.conv(d.Projection, kernels.ConvShape{In: x.C, Out: d.Out, H: x.H, W: x.W, KH: d.Patch, KW: d.Patch, StrideH: d.Patch, StrideW: d.Patch, Plain: true})
	if k == nil {
		return x
	}
	h, w := k.OutH(), k.OutW()
	l := p.weights.layer(k, d.Projection)
	squares := p.step(step{name: "patches", flops: k.Flops(), run: func(ws *kernels.Workspace, out, in [][]float32) {
		k.Infer(ws, 1, out[0], in[0], l.packed, kernels.Epilogue{Bias: l.bias})
	}}, network.Activation{C: d.Out, H: h, W: w}, x)
	tokens := 1 + h*w
	table := inBlocks(positions(p.weights.values(d.Positions), d.Grid, h, w, d.Out), tokens, d.Out)
	class := p.weights.values(d.Class)
	for c, v := range class {
		table[c/kernels.Lanes*tokens*kernels.Lanes+c%kernels.Lanes] += v
	}
	return p.step(step{name: "positions", run: func(ws *kernels.Workspace, out, in [][]float32) {
		ws.Each(d.Out/kernels.Lanes, func(b int) {
			from := in[0][b*h*w*kernels.Lanes:][:h*w*kernels.Lanes]
			at := table[b*tokens*kernels.Lanes:][:tokens*kernels.Lanes]
			to := out[0][b*tokens*kernels.Lanes:][:tokens*kernels.Lanes]
			copy(to, at[:kernels.Lanes])
			to, at = to[kernels.Lanes:], at[kernels.Lanes:]
			for i, v := range from {
				to[i] = v + at[i]
			}
		})
	}}, network.Activation{C: d.Out, H: 1, W: tokens}, squares)
}

// LayerNorm is network.TokenLayers.LayerNorm.
func (p *planner) LayerNorm(x network.Activation, name string, eps float64) network.Activation {
	k := kernels.LayerNorm{C: x.C, Tokens: x.Plane(), Eps: eps}
	gamma, beta := p.weights.values(name+".weight"), p.weights.values(name+".bias")
	return p.step(step{name: "norm " + name, run: func(ws *kernels.Workspace, out, in [][]float32) {
		k.Forward(ws, 1, out[0], in[0], gamma, beta)
	}}, x, x)
}

// Dense is network.TokenLayers.Dense: a 1x1 convolution.
func (p *planner) Dense(x network.Activation, d network.Dense) network.Activation {
	k := p.conv(d.Names[0], kernels.ConvShape{In: x.C, Out: len(d.Names) * d.Out, H: 1, W: max(1, x.Plane()), KH: 1, KW: 1})
	if k == nil {
		return x
	}
	l := p.weights.layer(k, d.Names...)
	y := network.Activation{C: k.Out, H: x.H, W: x.W}
	s := step{name: "dense " + d.Names[0], flops: k.Flops(), run: func(ws *kernels.Workspace, out, in [][]float32) {
		e := kernels.Epilogue{Bias: l.bias, ReLU: d.Activate == network.ReLU}
		if len(in) > 1 {
			e.Residual = in[1]
		}
		k.Infer(ws, 1, out[0], in[0], l.packed, e)
		if d.Activate == network.GELU {
			kernels.GELU(ws, out[0])
		}
	}}
	if d.Residual != nil {
		s.InPlace = d.Residual.Ref
		return p.step(s, y, x, *d.Residual)
	}
	return p.step(s, y, x)
}

// SelfAttention is network.TokenLayers.SelfAttention.
func (p *planner) SelfAttention(x network.Activation, heads int) network.Activation {
	k, err := kernels.NewSelfAttention(heads, x.C/3/heads, x.Plane())
	if err != nil {
		if p.err == nil {
			p.err = err
		}
		return x
	}
	return p.step(step{name: "attention", flops: k.Flops(), run: func(ws *kernels.Workspace, out, in [][]float32) {
		k.Forward(ws, 1, out[0], in[0])
	}}, network.Activation{C: x.C / 3, H: x.H, W: x.W}, x)
}
