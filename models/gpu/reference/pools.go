package reference

import (
	"math"

	"hpaflow/models/gpu/plan"
	"hpaflow/models/network"
)

// nothing is the index of a maximum that passes no gradient.
const nothing = 255

func (m *Machine) maxPool(o *plan.MaxPool) {
	x := m.normed(o.X, o.Norm)
	if o.Norm != plan.NoNorm {
		for i, v := range x {
			x[i] = max(float64(float32(v)), 0) // maxima are compared as a card has them
		}
	}
	in, out := m.Program.Value(o.X), m.Program.Value(o.Y)
	y, index := make([]float64, m.N*out.H*out.W*out.C), make([]float64, m.N*out.H*out.W*out.C)
	for i := range y {
		c, ox, oy, n := i%out.C, i/out.C%out.W, i/out.C/out.W%out.H, i/out.C/out.W/out.H
		best, where := math.Inf(-1), -1
		for k := range o.Shape.Kernel * o.Shape.Kernel {
			r, q := oy*o.Shape.Stride-o.Shape.Pad+k/o.Shape.Kernel, ox*o.Shape.Stride-o.Shape.Pad+k%o.Shape.Kernel
			if r < 0 || r >= in.H || q < 0 || q >= in.W {
				continue
			}
			if v := x[((n*in.H+r)*in.W+q)*in.C+c]; where < 0 || v > best || v != v {
				best, where = v, k
			}
		}
		if o.Norm != plan.NoNorm && best == 0 {
			where = nothing
		}
		y[i], index[i] = best, float64(where)
	}
	m.SetValue(o.Y, y)
	if o.Index != plan.None {
		m.SetValue(o.Index, index)
	}
}

func (m *Machine) maxPoolBackward(s network.MaxPool, dx, dy plan.ID, index []float64) []float64 {
	in, out, from := m.Program.Value(dx), m.Program.Value(dy), m.Value(dy)
	to := make([]float64, m.N*in.H*in.W*in.C)
	for i, v := range from {
		k := int(index[i])
		if k == nothing {
			continue
		}
		c, ox, oy, n := i%out.C, i/out.C%out.W, i/out.C/out.W%out.H, i/out.C/out.W/out.H
		to[((n*in.H+oy*s.Stride-s.Pad+k/s.Kernel)*in.W+ox*s.Stride-s.Pad+k%s.Kernel)*in.C+c] += v
	}
	return to
}

func (m *Machine) normMaxPoolBackward(o *plan.NormMaxPoolBackward) {
	dout := m.maxPoolBackward(o.Shape, o.X, o.DY, m.Value(o.Index))
	m.SetValue(o.DX, m.throughNorm(o.Norm, m.Value(o.X), dout))
}

func (m *Machine) averagePool3(o *plan.AveragePool3) []float64 {
	v, x := m.Program.Value(o.X), m.Value(o.X)
	y := make([]float64, len(x))
	for i := range y {
		c, ox, oy, n := i%v.C, i/v.C%v.W, i/v.C/v.W%v.H, i/v.C/v.W/v.H
		for r := max(0, oy-1); r <= min(v.H-1, oy+1); r++ {
			for q := max(0, ox-1); q <= min(v.W-1, ox+1); q++ {
				y[i] += x[((n*v.H+r)*v.W+q)*v.C+c] / 9
			}
		}
	}
	return y
}

// adaptive averages from's values, of the shape of large or small, into those of
// to; the windows are those that the pool from large to small has.
func (m *Machine) adaptive(large, small, from, to plan.ID) []float64 {
	in, out, v := m.Program.Value(large), m.Program.Value(small), m.Value(from)
	y := make([]float64, m.N*m.plane(to)*m.channels(to))
	window := func(i, n, size int) (lo, hi int) { return i * size / n, ((i+1)*size + n - 1) / n }
	for n := range m.N {
		for oy := range out.H {
			top, bottom := window(oy, out.H, in.H)
			for ox := range out.W {
				left, right := window(ox, out.W, in.W)
				share := 1 / float64((bottom-top)*(right-left))
				for r := top; r < bottom; r++ {
					for q := left; q < right; q++ {
						for c := range in.C {
							a, b := ((n*in.H+r)*in.W+q)*in.C+c, ((n*out.H+oy)*out.W+ox)*in.C+c
							if from == large {
								y[b] += v[a] * share
							} else {
								y[a] += v[b] * share
							}
						}
					}
				}
			}
		}
	}
	return y
}

// means are those of each image, (N,C).
func (m *Machine) means(id plan.ID, x []float64) []float64 {
	c, plane := m.channels(id), m.plane(id)
	y := make([]float64, m.N*c)
	for i, v := range x {
		y[i/c/plane*c+i%c] += v / float64(plane)
	}
	return y
}

// spread is the gradient of means.
func (m *Machine) spread(id plan.ID, dy []float64) []float64 {
	c, plane := m.channels(id), m.plane(id)
	dx := make([]float64, m.N*plane*c)
	for i := range dx {
		dx[i] = dy[i/c/plane*c+i%c] / float64(plane)
	}
	return dx
}
