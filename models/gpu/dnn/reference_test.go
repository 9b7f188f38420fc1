//go:build gpu && linux

package dnn_test

import (
	"math"
	"math/rand/v2"

	"hpaflow/models/gpu/dnn"
)

// bfloat16 rounds to nearest, ties to even.
func bfloat16(v float32) uint16 {
	b := math.Float32bits(v)
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func widened(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// shapes are drawn to have everything: groups, strides, borders, long kernels,
// rows of wider tensors.
func draw(r *rand.Rand) dnn.Shape {
	pick := func(values ...int) int { return values[r.IntN(len(values))] }
	groups := pick(1, 1, 2, 3)
	s := dnn.Shape{
		N: pick(1, 2, 3), C: groups * pick(1, 3, 8, 19), H: 1 + r.IntN(11), W: 1 + r.IntN(13),
		K: groups * pick(1, 4, 7, 16, 33), Groups: groups, StrideH: pick(1, 1, 2, 3), StrideW: pick(1, 1, 2, 3),
	}
	s.R, s.S = pick(1, 3, 7), pick(1, 3, 7)
	s.PadH, s.PadW = pick(0, s.R/2), pick(0, s.S/2)
	s.H, s.W = max(s.H, s.R-2*s.PadH), max(s.W, s.S-2*s.PadW)
	s.XStride, s.YStride = s.C+pick(0, 0, 5), s.K+pick(0, 0, 9)
	switch r.IntN(3) {
	case 1:
		s.TF32 = true
	case 2:
		s.Type = dnn.BF16
	}
	return s
}

// values of a tensor in the shape's type, in rows of stride; between the rows
// there are NaNs, that must be left alone.
func tensor(r *rand.Rand, s dnn.Shape, rows, width, stride int) []float32 {
	v := make([]float32, rows*stride)
	for i := range v {
		if i%stride >= width {
			v[i] = float32(math.NaN())
			continue
		}
		v[i] = float32(r.NormFloat64())
		if s.Type == dnn.BF16 {
			v[i] = widened(bfloat16(v[i]))
		}
	}
	return v
}

// sums computes a kind in float64: what is to be, and the sum of the terms'
// magnitudes, by which its error is measured.
func sums(k dnn.Kind, s dnn.Shape, x, w, y []float32) (value, size []float64) {
	n := map[dnn.Kind]int{dnn.Forward: len(y), dnn.BackwardData: len(x), dnn.BackwardWeights: len(w)}[k]
	value, size = make([]float64, n), make([]float64, n)
	cg, kg := s.C/s.Groups, s.K/s.Groups
	for b := range s.N {
		for oh := range s.OutH() {
			for ow := range s.OutW() {
				for r := range s.R {
					for t := range s.S {
						h, v := oh*s.StrideH-s.PadH+r, ow*s.StrideW-s.PadW+t
						if h < 0 || h >= s.H || v < 0 || v >= s.W {
							continue
						}
						for out := range s.K {
							for in := range cg {
								xi := ((b*s.H+h)*s.W+v)*s.XStride + out/kg*cg + in
								wi := ((out*s.R+r)*s.S+t)*cg + in
								yi := ((b*s.OutH()+oh)*s.OutW()+ow)*s.YStride + out
								var to int
								var term float64
								switch k {
								case dnn.Forward:
									to, term = yi, float64(x[xi])*float64(w[wi])
								case dnn.BackwardData:
									to, term = xi, float64(w[wi])*float64(y[yi])
								default:
									to, term = wi, float64(x[xi])*float64(y[yi])
								}
								value[to] += term
								size[to] += math.Abs(term)
							}
						}
					}
				}
			}
		}
	}
	return value, size
}
