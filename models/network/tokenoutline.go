package network

import "hpaflow/models/statedict"

// Outline is the network's tensors, names and shapes alone, and the
// multiplications and additions of an image of so many pixels a side.
func (s *SubCell) Outline(height, width int) *Outline {
	o := &tokenSketch{refs: 1}
	s.Build(o, Activation{C: s.Channels, H: height, W: width})
	return &o.Outline
}

// tokenSketch goes through a network's layers and notes what they are made of.
type tokenSketch struct {
	Outline
	refs int
}

var _ TokenLayers = (*tokenSketch)(nil)

func (s *tokenSketch) tensor(name string, shape ...int) {
	s.Tensors = append(s.Tensors, statedict.Tensor{Name: name, Shape: shape})
}

func (s *tokenSketch) result(c, h, w int) Activation {
	s.refs++
	return Activation{C: c, H: h, W: w, Ref: s.refs}
}

// linear notes a layer of so many positions.
func (s *tokenSketch) linear(name string, in, out, positions int) {
	s.tensor(name+".weight", out, in)
	s.tensor(name+".bias", out)
	s.Flops += 2 * float64(in*out) * float64(positions)
}

func (s *tokenSketch) Patches(x Activation, p Patches) Activation {
	s.tensor(p.Class, 1, 1, p.Out)
	s.tensor(p.Positions, 1, p.Grid*p.Grid+1, p.Out)
	s.tensor(p.Projection+".weight", p.Out, x.C, p.Patch, p.Patch)
	s.tensor(p.Projection+".bias", p.Out)
	s.Flops += 2 * float64(p.Out*x.C) * float64(x.Plane())
	return s.result(p.Out, 1, x.H/p.Patch*(x.W/p.Patch)+1)
}

func (s *tokenSketch) LayerNorm(x Activation, name string, _ float64) Activation {
	s.tensor(name+".weight", x.C)
	s.tensor(name+".bias", x.C)
	return s.result(x.C, x.H, x.W)
}

func (s *tokenSketch) Dense(x Activation, d Dense) Activation {
	for _, name := range d.Names {
		s.linear(name, x.C, d.Out, max(1, x.Plane()))
	}
	return s.result(len(d.Names)*d.Out, x.H, x.W)
}

func (s *tokenSketch) SelfAttention(x Activation, _ int) Activation {
	s.Flops += 4 * float64(x.C/3) * float64(x.Plane()) * float64(x.Plane())
	return s.result(x.C/3, x.H, x.W)
}

func (s *tokenSketch) GatedPool(x Activation, p GatedPool) (pooled, weights Activation) {
	for _, name := range []string{p.V, p.U} {
		s.linear(name, x.C, p.Inner, x.Plane())
	}
	s.linear(p.Weights, p.Inner, p.Heads, x.Plane())
	return s.result(p.Heads*x.C, 0, 0), s.result(p.Heads, x.H, x.W)
}

func (s *tokenSketch) Probabilities(_ string, logits ...Activation) Activation {
	return s.result(logits[0].C, 0, 0)
}
