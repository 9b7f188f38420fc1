package reference

import (
	"math"
	"runtime"
	"sync"

	"hpaflow/models/gpu/plan"
)

// each computes the results that are asked for, of so many, on all processors.
func (m *Machine) each(results int, at func(i int) float64) []float64 {
	out := make([]float64, results)
	var wanted []int
	if m.Convolve != nil {
		wanted = m.Convolve(results)
		for i := range out {
			out[i] = math.NaN()
		}
	} else {
		for i := range results {
			wanted = append(wanted, i)
		}
	}
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		all.Go(func() {
			for k := w * len(wanted) / workers; k < (w+1)*len(wanted)/workers; k++ {
				out[wanted[k]] = at(wanted[k])
			}
		})
	}
	all.Wait()
	return out
}

// forward is y (N,OutH,OutW,K) from x (N,H,W,C) and w (K,R,S,C/Groups).
func (m *Machine) forward(s plan.ConvShape, x, w []float64) []float64 {
	oh, ow, in, out := s.OutH(), s.OutW(), s.C/s.Groups, s.K/s.Groups
	return m.each(m.N*oh*ow*s.K, func(i int) (sum float64) {
		k, ox, oy, n := i%s.K, i/s.K%ow, i/s.K/ow%oh, i/s.K/ow/oh
		for r := range s.R {
			y := oy*s.StrideH - s.PadH + r
			for q := range s.S {
				col := ox*s.StrideW - s.PadW + q
				if y < 0 || y >= s.H || col < 0 || col >= s.W {
					continue
				}
				from := x[((n*s.H+y)*s.W+col)*s.C+k/out*in:]
				by := w[((k*s.R+r)*s.S+q)*in:]
				for c := range in {
					sum += from[c] * by[c]
				}
			}
		}
		return sum
	})
}

// data is dx from dy.
func (m *Machine) data(s plan.ConvShape, dy, w []float64) []float64 {
	oh, ow, in, out := s.OutH(), s.OutW(), s.C/s.Groups, s.K/s.Groups
	return m.each(m.N*s.H*s.W*s.C, func(i int) (sum float64) {
		c, x, y, n := i%s.C, i/s.C%s.W, i/s.C/s.W%s.H, i/s.C/s.W/s.H
		group := c / in
		for r := range s.R {
			oy := y + s.PadH - r
			if oy < 0 || oy%s.StrideH != 0 || oy/s.StrideH >= oh {
				continue
			}
			for q := range s.S {
				ox := x + s.PadW - q
				if ox < 0 || ox%s.StrideW != 0 || ox/s.StrideW >= ow {
					continue
				}
				from := dy[((n*oh+oy/s.StrideH)*ow+ox/s.StrideW)*s.K+group*out:]
				for k := range out {
					sum += from[k] * w[(((group*out+k)*s.R+r)*s.S+q)*in+c%in]
				}
			}
		}
		return sum
	})
}

// weights is dw from x and dy.
func (m *Machine) weights(s plan.ConvShape, x, dy []float64) []float64 {
	oh, ow, in, out := s.OutH(), s.OutW(), s.C/s.Groups, s.K/s.Groups
	return m.each(s.K*s.R*s.S*in, func(i int) (sum float64) {
		c, q, r, k := i%in, i/in%s.S, i/in/s.S%s.R, i/in/s.S/s.R
		channel := k/out*in + c
		for n := range m.N {
			for oy := range oh {
				y := oy*s.StrideH - s.PadH + r
				if y < 0 || y >= s.H {
					continue
				}
				for ox := range ow {
					if col := ox*s.StrideW - s.PadW + q; col >= 0 && col < s.W {
						sum += x[((n*s.H+y)*s.W+col)*s.C+channel] * dy[((n*oh+oy)*ow+ox)*s.K+k]
					}
				}
			}
		}
		return sum
	})
}
