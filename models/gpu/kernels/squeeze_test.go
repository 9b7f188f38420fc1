//go:build gpu && linux

package kernels

import (
	"fmt"
	"math"
	"testing"

	"hpaflow/models/gpu/cuda"
)

// squeezed is a squeeze-and-excitation of a test.
type squeezed struct {
	n, plane, c, hidden int
	w1, b1, w2, b2      []float32
}

// forward gives s, h, g and the result of x.
func (q squeezed) forward(x []float64, residual []float32) (s, h, g, out []float64) {
	s, h, g, out = make([]float64, q.n*q.c), make([]float64, q.n*q.hidden), make([]float64, q.n*q.c), make([]float64, len(x))
	at := func(i int) int { return i/(q.plane*q.c)*q.c + i%q.c }
	for i, v := range x {
		s[at(i)] += v / float64(q.plane)
	}
	for i := range h {
		n, j := i/q.hidden, i%q.hidden
		for c := range q.c {
			h[i] += s[n*q.c+c] * float64(q.w1[j*q.c+c])
		}
		h[i] = max(h[i]+float64(q.b1[j]), 0)
	}
	for i := range g {
		n, c := i/q.c, i%q.c
		v := float64(q.b2[c])
		for j := range q.hidden {
			v += h[n*q.hidden+j] * float64(q.w2[c*q.hidden+j])
		}
		g[i] = 1 / (1 + math.Exp(-v))
	}
	for i, v := range x {
		out[i] = max(v*g[at(i)]+float64(residual[i]), 0)
	}
	return s, h, g, out
}

// backward gives the gradients of x and the parameters for one of the result
// that is cut already.
func (q squeezed) backward(x, s, h, g, d []float64) (dx, dw1, db1, dw2, db2 []float64) {
	dx = make([]float64, len(x))
	dw1, db1 = make([]float64, q.hidden*q.c), make([]float64, q.hidden)
	dw2, db2 = make([]float64, q.hidden*q.c), make([]float64, q.c)
	at := func(i int) int { return i/(q.plane*q.c)*q.c + i%q.c }
	dg, dh, ds := make([]float64, q.n*q.c), make([]float64, q.n*q.hidden), make([]float64, q.n*q.c)
	for i, v := range x {
		dg[at(i)] += d[i] * v
	}
	for i := range dg {
		n, c := i/q.c, i%q.c
		dg[i] *= g[i] * (1 - g[i])
		db2[c] += dg[i]
		for j := range q.hidden {
			dw2[c*q.hidden+j] += dg[i] * h[n*q.hidden+j]
			dh[n*q.hidden+j] += dg[i] * float64(q.w2[c*q.hidden+j])
		}
	}
	for i := range dh {
		n, j := i/q.hidden, i%q.hidden
		if h[i] <= 0 {
			dh[i] = 0
		}
		db1[j] += dh[i]
		for c := range q.c {
			dw1[j*q.c+c] += dh[i] * s[n*q.c+c]
			ds[n*q.c+c] += dh[i] * float64(q.w1[j*q.c+c])
		}
	}
	for i := range dx {
		dx[i] = d[i]*g[at(i)] + ds[at(i)]/float64(q.plane)
	}
	return dx, dw1, db1, dw2, db2
}

// squeezeResults runs it there and back, behind a norm or not.
func squeezeResults(d *device, ty Type, l layout, n, plane, c, hidden int, norm bool, seed uint64) []result {
	rows, bytes := n*plane, func(n int) int64 { return int64(4 * n) }
	q := squeezed{
		n, plane, c, hidden, noise(F32, seed+1, hidden*c, 0, .3), noise(F32, seed+2, hidden, .1, .1),
		noise(F32, seed+3, hidden*c, 0, .5), noise(F32, seed+4, c, 0, .3),
	}
	y, residual, dout := noise(ty, seed, rows*c, .4, 1), noise(ty, seed+5, rows*c, 0, 1), noise(ty, seed+6, rows*c, .1, 1)
	for i := range y {
		y[i] += float32(i/(plane*c)) / 4 // images differ
	}
	if ty == BF16 {
		for i := range y {
			y[i] = round(y[i])
		}
	}
	x, nd := doubles(y), newNormed(seed+10, y, c)
	ym, rm, outm, doutm, dxm := d.mat(ty, c, l, y), d.mat(ty, c, l, residual), d.blank(ty, rows, c, l), d.mat(ty, c, l, dout), d.blank(ty, rows, c, l)
	sq := Squeeze{
		N: n, C: c, Hidden: hidden, W1: d.floats(q.w1), B1: d.floats(q.b1), W2: d.floats(q.w2), B2: d.floats(q.b2),
		Mean: d.room(bytes(n * c)), Between: d.room(bytes(n * hidden)), Gates: d.room(bytes(n * c)),
	}
	grads := SqueezeGrads{
		d.room(bytes(hidden * c)), d.room(bytes(hidden)), d.room(bytes(hidden * c)), d.room(bytes(c)), d.room(bytes(c)), d.room(bytes(c)),
	}
	if norm {
		x = nd.apply(y)
		np := nd.put(d)
		sq.Norm, sq.Raw = &np, d.room(bytes(n*c))
	}
	scratch := d.room(max(NormStatsScratch(ty, rows, c, n), SqueezeScratch(ty, rows, sq)))
	d.do(func(k *Set, s cuda.Stream) error {
		if norm {
			if err := k.NormStats(s, ym, *sq.Norm, .1, 0, &Images{n, sq.Raw, sq.Mean}, scratch); err != nil {
				return err
			}
		} else if err := k.MeanPoolForward(s, n, sq.Mean, ym, 0, scratch); err != nil {
			return err
		}
		if err := k.SqueezeGates(s, sq); err != nil {
			return err
		}
		return k.SqueezeApply(s, sq, outm, ym, rm)
	})
	s, h, g, want := q.forward(x, residual)
	out := d.values(outm)
	results := []result{
		{"means", F32, d.read(sq.Mean, n*c), s}, {"between", F32, d.read(sq.Between, n*hidden), h},
		{"gates", F32, d.read(sq.Gates, n*c), g}, {"out", ty, out, want},
	}

	d.do(func(k *Set, s cuda.Stream) error {
		return k.SqueezeBackward(s, sq, dxm, ym, outm, doutm, grads, scratch)
	})
	masked := where(dout, out)
	dx, dw1, db1, dw2, db2 := q.backward(x, s, h, g, masked)
	results = append(results,
		result{"dout", ty, d.values(doutm), masked},
		result{"dw1", F32, d.read(grads.W1, hidden*c), dw1}, result{"db1", F32, d.read(grads.B1, hidden), db1},
		result{"dw2", F32, d.read(grads.W2, hidden*c), dw2}, result{"db2", F32, d.read(grads.B2, c), db2})
	if norm {
		dy, dgamma, dbeta := nd.backward(y, dx)
		dx = dy
		results = append(results, result{"dgamma", F32, d.read(grads.Gamma, c), dgamma}, result{"dbeta", F32, d.read(grads.Beta, c), dbeta})
	}
	return append(results, result{"dx", ty, d.values(dxm), dx})
}

func TestSqueeze(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, s := range [][4]int{{2, 9, 3, 1}, {3, 40, 64, 4}, {5, 64, 80, 5}, {1, 2000, 16, 2}, {6, 10, 264, 17}} {
			for _, norm := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v norm %v", s, norm), func(t *testing.T) {
					check(t, squeezeResults(d.in(t), ty, l, s[0], s[1], s[2], s[3], norm, uint64(100*i+7))...)
				})
			}
		}
	})
}
