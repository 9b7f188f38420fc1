//go:build gpu && linux

package kernels

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"hpaflow/models/gpu/cuda"
)

// linearResults runs a linear layer there and back.
func linearResults(d *device, l Linear, seed uint64) []result {
	x, w, bias := noise(F32, seed, l.N*l.In, .3, 1), noise(F32, seed+1, l.Out*l.In, 0, .5), noise(F32, seed+2, l.Out, 0, 1)
	dy := noise(F32, seed+3, l.N*l.Out, .1, 1)
	y, dx, dw, db := make([]float64, l.N*l.Out), make([]float64, l.N*l.In), make([]float64, l.Out*l.In), make([]float64, l.Out)
	for n := range l.N {
		for o := range l.Out {
			v, d := float64(bias[o]), float64(dy[n*l.Out+o])
			for i := range l.In {
				v += float64(x[n*l.In+i]) * float64(w[o*l.In+i])
				dx[n*l.In+i] += d * float64(w[o*l.In+i])
				dw[o*l.In+i] += d * float64(x[n*l.In+i])
			}
			y[n*l.Out+o] = v
			db[o] += d
		}
	}
	xp, wp, bp, dyp := d.floats(x), d.floats(w), d.floats(bias), d.floats(dy)
	yp, dxp, dwp, dbp := d.room(int64(4*len(y))), d.room(int64(4*len(dx))), d.room(int64(4*len(dw))), d.room(int64(4*len(db)))
	d.do(func(k *Set, s cuda.Stream) error {
		return errors.Join(k.LinearForward(s, l, yp, xp, wp, bp), k.LinearBackwardData(s, l, dxp, dyp, wp), k.LinearBackwardWeights(s, l, dwp, dbp, dyp, xp))
	})
	return []result{
		{"y", F32, d.read(yp, len(y)), y}, {"dx", F32, d.read(dxp, len(dx)), dx},
		{"dw", F32, d.read(dwp, len(dw)), dw}, {"dbias", F32, d.read(dbp, len(db)), db},
	}
}

func TestLinear(t *testing.T) {
	d := open(t)
	for i, l := range []Linear{{1, 1, 1}, {3, 5, 2}, {32, 512, 28}, {7, 33, 19}, {5, 100, 65}, {2, 2048, 9}} {
		t.Run(fmt.Sprint(l), func(t *testing.T) { check(t, linearResults(d.in(t), l, uint64(10*i))...) })
	}
}

// attentionResults runs an attention head there and back.
func attentionResults(d *device, ty Type, l layout, n, plane, c int, seed uint64) []result {
	size := n * plane * c
	logits, scores := noise(ty, seed, size, .2, 2), noise(ty, seed+1, size, 30, 4)
	bias, dy := noise(F32, seed+2, c, 0, 1), noise(F32, seed+3, n*c, 0, 1)
	y, dl, ds, db := make([]float64, n*c), make([]float64, size), make([]float64, size), make([]float64, c)
	for i := range n * c {
		at := func(p int) int { return (i/c*plane+p)*c + i%c }
		var sum, dot float64
		for p := range plane {
			e := math.Exp(float64(scores[at(p)]) - 30)
			sum, dot = sum+e, dot+e*float64(logits[at(p)])
		}
		y[i] = dot/sum + float64(bias[i%c])
		db[i%c] += float64(dy[i])
		for p := range plane {
			w := math.Exp(float64(scores[at(p)])-30) / sum * float64(dy[i])
			dl[at(p)], ds[at(p)] = w, w*(float64(logits[at(p)])-dot/sum)
		}
	}
	lm, sm, dlm, dsm := d.mat(ty, c, l, logits), d.mat(ty, c, l, scores), d.blank(ty, n*plane, c, l), d.blank(ty, n*plane, c, l)
	yp, kept, bp, dyp := d.room(int64(4*n*c)), d.room(AttentionBytes(n, c)), d.floats(bias), d.floats(dy)
	dbp, dcp := d.room(int64(4*c)), d.room(int64(4*c))
	d.do(func(k *Set, s cuda.Stream) error {
		return errors.Join(k.AttentionForward(s, n, yp, lm, sm, bp, kept), k.AttentionBackward(s, n, dlm, dsm, lm, sm, dbp, dcp, dyp, kept))
	})
	return []result{
		{"y", F32, d.read(yp, n*c), y}, {"dlogits", ty, d.values(dlm), dl}, {"dscores", ty, d.values(dsm), ds},
		{"dbias", F32, d.read(dbp, c), db}, {"dcancelled", F32, d.read(dcp, c), make([]float64, c)},
	}
}

func TestAttention(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, s := range [][3]int{{1, 1, 1}, {2, 5, 3}, {3, 49, 28}, {2, 289, 45}} {
			t.Run(fmt.Sprint(s), func(t *testing.T) {
				check(t, attentionResults(d.in(t), ty, l, s[0], s[1], s[2], uint64(10*i))...)
			})
		}
	})
}

// lossOf is the loss of a logit, and its derivative, as models/cpu has them.
func lossOf(x, t, gamma float64) (value, slope float64) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	bce := max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x)))
	if gamma == 0 {
		return bce, sigmoid(x) - t
	}
	side := 2*t - 1
	z := -x * side
	weight := math.Exp(gamma * (min(z, 0) - math.Log1p(math.Exp(-math.Abs(z)))))
	return weight * bce, weight * (sigmoid(x) - t - gamma*side*(1-sigmoid(z))*bce)
}

func TestLoss(t *testing.T) {
	d := open(t)
	values, count := 700, 2100
	for _, gamma := range []float64{0, 2} {
		for heads := 1; heads <= 2; heads++ {
			x := [2][]float32{noise(F32, 1, values, 0, 12), noise(F32, 2, values, 0, 100)}
			targets := noise(F32, 3, values, .5, .5)
			for i := range targets {
				if i%3 > 0 {
					targets[i] = float32(math.Round(float64(targets[i])))
				}
			}
			weights := []float64{1, .4}
			var want float64
			var slopes [2][]float64
			var list []Head
			for h := range heads {
				for i, v := range x[h] {
					l, slope := lossOf(float64(v), float64(targets[i]), gamma)
					want += weights[h] * l / float64(count)
					slopes[h] = append(slopes[h], slope*weights[h]/float64(count))
				}
				list = append(list, Head{d.floats(x[h]), d.room(int64(4 * values)), weights[h]})
			}
			value, tp := d.room(8), d.floats(targets)
			d.do(func(k *Set, s cuda.Stream) error {
				return k.LossForward(s, Loss{Gamma: gamma, Values: values, Count: count}, value, tp, list...)
			})
			if got := d.double(value); math.Abs(got-want) > 1e-13*want {
				t.Errorf("gamma %v, %d heads: loss %.17g, want %.17g", gamma, heads, got, want)
			}
			for h := range heads {
				check(t, result{fmt.Sprintf("gamma %v, gradient of head %d", gamma, h), F32, d.read(list[h].Grad, values), slopes[h]})
			}
		}
	}
}

// The flag is cleared by what is no finite number, and for ever.
func TestCheck(t *testing.T) {
	for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		d := open(t)
		ok := d.put([]byte{1, 0, 0, 0})
		for i, v := range []float64{1, math.MaxFloat64, bad, 1} {
			value := d.put(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
			d.do(func(k *Set, s cuda.Stream) error { return k.Check(s, ok, value) })
			if got := d.get(ok, 4)[0] == 1; got != (i < 2) {
				t.Errorf("after a loss of %v, number %d, the flag is %v", v, i, got)
			}
		}
	}
}

// The loss of a logit that is no finite number is none either.
func TestLossOfNaN(t *testing.T) {
	d := open(t)
	for _, x := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		logits, targets, value := d.floats([]float32{0, x}), d.floats([]float32{0, .5}), d.room(8)
		d.do(func(k *Set, s cuda.Stream) error {
			return k.LossForward(s, Loss{Values: 2, Count: 2}, value, targets, Head{Logits: logits, Weight: 1})
		})
		if v := d.double(value); v-v == 0 {
			t.Errorf("a logit of %v has a loss of %v", x, v)
		}
	}
}
