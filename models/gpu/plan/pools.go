package plan

import (
	"errors"

	"hpaflow/models/network"
)

// MaxPool is network.Layers.MaxPool.
func (p *planner) MaxPool(x network.Activation, name string, shape network.MaxPool) network.Activation {
	if shape.Kernel*shape.Kernel > 255 || min(x.H, x.W)+2*shape.Pad < shape.Kernel || 2*shape.Pad > shape.Kernel {
		p.fail(name, errors.New("an impossible max pool"))
		return x
	}
	op := &MaxPool{Shape: shape, Norm: NoNorm, Index: None}
	m := p.fuse(x, true)
	if m == nil {
		op.X = p.read(x)
	} else {
		m.fused = true
		op.Norm, op.X = m.index, p.id(m.y)
	}
	y, id := p.image(network.Activation{C: x.C, H: pooled(x.H, shape), W: pooled(x.W, shape)})
	op.Y = id
	if p.Kind == Train {
		op.Index = p.value(U8, y.H, y.W, y.C)
	}
	p.step("max pool "+name, 0, op)
	p.gradient(name, y, func(dy ID) {
		if m == nil {
			p.share(x, func(dx ID, add bool) {
				p.step("max pool data "+name, 0, &MaxPoolBackward{Shape: shape, DY: dy, Index: op.Index, DX: dx, Add: add})
			})
			return
		}
		dx := p.at(op.X)
		p.step("max pool and batch norm data "+name, 0, &NormMaxPoolBackward{Shape: shape, Norm: m.index, X: op.X, DY: dy, Index: op.Index, DX: dx})
		p.hand(name, m.y, dx)
	})
	return y
}

// pooled is the side of a max pool's result.
func pooled(side int, s network.MaxPool) int {
	reach := side + 2*s.Pad - s.Kernel
	n := reach/s.Stride + 1
	if s.Ceil && reach%s.Stride != 0 && n*s.Stride < side+s.Pad { // the last window starts in the image or its left padding
		n++
	}
	return n
}

// AveragePool3 is network.Layers.AveragePool3.
func (p *planner) AveragePool3(x network.Activation, name string) network.Activation {
	from := p.read(x)
	y, id := p.image(network.Activation{C: x.C, H: x.H, W: x.W})
	p.step("average pool "+name, 0, &AveragePool3{X: from, Y: id})
	p.gradient(name, y, func(dy ID) {
		p.share(x, func(dx ID, add bool) {
			p.step("average pool data "+name, 0, &AveragePool3{X: dy, Y: dx, Add: add})
		})
	})
	return y
}

// AdaptivePool is network.Layers.AdaptivePool.
func (p *planner) AdaptivePool(x network.Activation, name string, h, w int) network.Activation {
	from := p.read(x)
	y, id := p.image(network.Activation{C: x.C, H: h, W: w})
	p.step("adaptive pool "+name, 0, &AdaptivePool{X: from, Y: id})
	p.gradient(name, y, func(dy ID) {
		p.share(x, func(dx ID, add bool) {
			p.step("adaptive pool data "+name, 0, &AdaptivePoolBackward{DY: dy, DX: dx, Add: add})
		})
	})
	return y
}

// MeanPool is network.Layers.MeanPool.
func (p *planner) MeanPool(x network.Activation, name string) network.Activation {
	from := p.read(x)
	id := p.vector(x.C)
	y := p.result(network.Activation{C: x.C}, id)
	p.step("mean "+name, 0, &MeanPool{X: from, Y: id})
	p.gradient(name, y, func(dy ID) {
		p.share(x, func(dx ID, add bool) {
			p.step("mean data "+name, 0, &MeanPoolBackward{DY: dy, DX: dx, Add: add})
		})
	})
	return y
}
