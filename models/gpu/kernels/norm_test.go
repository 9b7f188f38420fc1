//go:build gpu && linux

package kernels

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hpaflow/models/gpu/cuda"
)

// normed is a batch norm of a test: its parameters and what they should do.
type normed struct {
	c                       int
	gamma, beta             []float32
	runningMean, runningVar []float32
	eps                     float64

	mean, variance []float64 // of the batch
}

func newNormed(seed uint64, y []float32, c int) *normed {
	n := &normed{
		c: c, eps: 1e-5,
		gamma: noise(F32, seed+1, c, 1, .5), beta: noise(F32, seed+2, c, 0, .5),
		runningMean: noise(F32, seed+3, c, 0, 1), runningVar: noise(F32, seed+4, c, 1, .5),
		mean: make([]float64, c), variance: make([]float64, c),
	}
	rows := float64(len(y) / c)
	for i, v := range y {
		n.mean[i%c] += float64(v) / rows
	}
	for i, v := range y {
		d := float64(v) - n.mean[i%c]
		n.variance[i%c] += d * d / rows
	}
	return n
}

// scale and shift are what a norm does to channel i.
func (n *normed) scale(i int) float64 {
	return float64(n.gamma[i]) / math.Sqrt(n.variance[i]+n.eps)
}
func (n *normed) shift(i int) float64 { return float64(n.beta[i]) - n.mean[i]*n.scale(i) }

// apply is the norm of y.
func (n *normed) apply(y []float32) []float64 {
	out := make([]float64, len(y))
	for i, v := range y {
		out[i] = float64(v)*n.scale(i%n.c) + n.shift(i%n.c)
	}
	return out
}

// backward is the gradients of y, gamma and beta for one of the result.
func (n *normed) backward(y []float32, dout []float64) (dy, dgamma, dbeta []float64) {
	c, rows := n.c, float64(len(y)/n.c)
	dy, dgamma, dbeta = make([]float64, len(y)), make([]float64, c), make([]float64, c)
	hat := func(i int) float64 {
		return (float64(y[i]) - n.mean[i%c]) / math.Sqrt(n.variance[i%c]+n.eps)
	}
	for i, d := range dout {
		dbeta[i%c] += d
		dgamma[i%c] += d * hat(i)
	}
	for i, d := range dout {
		dy[i] = n.scale(i%c) * (d - dbeta[i%c]/rows - hat(i)*dgamma[i%c]/rows)
	}
	return dy, dgamma, dbeta
}

func (n *normed) put(d *device) Norm {
	return Norm{
		C: n.c, Eps: n.eps, Gamma: d.floats(n.gamma), Beta: d.floats(n.beta),
		RunningMean: d.floats(n.runningMean), RunningVar: d.floats(n.runningVar), Moments: d.room(MomentsBytes(n.c)),
	}
}

func cut(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, f := range v {
		out[i] = max(f, 0)
	}
	return out
}

// where sets to zero what stands where the result was not above zero.
func where[T float32 | float64](d []float32, result []T) []float64 {
	out := make([]float64, len(d))
	for i, f := range d {
		if result[i] > 0 {
			out[i] = float64(f)
		}
	}
	return out
}

func sum(a []float64, b []float32) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] + float64(b[i])
	}
	return out
}

// normResults runs a norm, with residual and ReLU or not, there and back.
func normResults(d *device, ty Type, l layout, rows, c int, residual, relu bool, seed uint64) []result {
	y := noise(ty, seed, rows*c, .3, 2)
	n := newNormed(seed+10, y, c)
	norm, ym := n.put(d), d.mat(ty, c, l, y)
	scratch := d.room(NormStatsScratch(ty, rows, c, 1))
	d.do(func(k *Set, s cuda.Stream) error { return k.NormStats(s, ym, norm, .1, 0, nil, scratch) })
	moments := d.read(norm.Moments, 4*c)
	results := []result{
		{"mean", F32, moments[:c], n.mean},
		{"running mean", F32, d.read(norm.RunningMean, c), nil},
		{"running variance", F32, d.read(norm.RunningVar, c), nil},
		{"inverse", F32, moments[c : 2*c], nil},
	}
	for i := range c {
		unbiased := n.variance[i] * float64(rows) / float64(rows-1)
		results[1].want = append(results[1].want, .9*float64(n.runningMean[i])+.1*n.mean[i])
		results[2].want = append(results[2].want, .9*float64(n.runningVar[i])+.1*unbiased)
		results[3].want = append(results[3].want, 1/math.Sqrt(n.variance[i]+n.eps))
	}

	var r *Residual
	want := n.apply(y)
	if residual {
		other := noise(ty, seed+20, rows*c, 0, 1)
		r = &Residual{Mat: d.mat(ty, c, l, other)}
		want = sum(want, other)
	}
	if relu {
		want = cut(want)
	}
	out := d.blank(ty, rows, c, l)
	d.do(func(k *Set, s cuda.Stream) error { return k.NormApply(s, out, ym, norm, r, relu) })
	got := d.values(out)
	results = append(results, result{"out", ty, got, want})

	dout := noise(ty, seed+30, rows*c, .1, 1)
	cutAt, masked := CutNone, doubles(dout)
	switch {
	case residual && relu:
		cutAt, masked = CutOutput, where(dout, got)
	case relu:
		cutAt, masked = CutInput, where(dout, want)
	}
	doutm, dy := d.mat(ty, c, l, dout), d.blank(ty, rows, c, l)
	dgamma, dbeta := d.room(int64(4*c)), d.room(int64(4*c))
	d.do(func(k *Set, s cuda.Stream) error {
		return k.NormBackward(s, dy, ym, out, doutm, norm, dgamma, dbeta, cutAt, scratch)
	})
	dyWant, dgammaWant, dbetaWant := n.backward(y, masked)
	results = append(results,
		result{"dy", ty, d.values(dy), dyWant}, result{"dgamma", F32, d.read(dgamma, c), dgammaWant}, result{"dbeta", F32, d.read(dbeta, c), dbetaWant})
	if cutAt == CutOutput {
		results = append(results, result{"dout", ty, d.values(doutm), masked})
	}
	return results
}

// Rows and channels: few, odd, more than a block has threads, more than a pass
// has blocks for.
var shapes = [][2]int{{5, 1}, {7, 3}, {50, 28}, {333, 80}, {64, 448}, {9, 2056}, {20000, 8}}

func TestNorm(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, s := range shapes {
			if s[0] > 10000 && l.gap == 3 {
				continue // takes long, and tells nothing new
			}
			for _, kind := range []struct{ residual, relu bool }{{}, {relu: true}, {residual: true}, {true, true}} {
				t.Run(fmt.Sprintf("%v %+v", s, kind), func(t *testing.T) {
					check(t, normResults(d.in(t), ty, l, s[0], s[1], kind.residual, kind.relu, uint64(1000*i))...)
				})
			}
		}
	})
}

// A large mean beside a small deviation leaves the variance its digits.
func TestNormOfLargeMeans(t *testing.T) {
	d := open(t)
	rows, c := 5000, 12
	y := noise(F32, 1, rows*c, 1000, .5)
	n := newNormed(2, y, c)
	norm := n.put(d)
	ym, scratch := d.mat(F32, c, layout{}, y), d.room(NormStatsScratch(F32, rows, c, 1))
	d.do(func(k *Set, s cuda.Stream) error { return k.NormStats(s, ym, norm, .1, 0, nil, scratch) })
	for i, v := range d.read(norm.Moments+cuda.Ptr(4*c), c) {
		if want := 1 / math.Sqrt(n.variance[i]+n.eps); math.Abs(float64(v)-want) > 1e-6*want {
			t.Errorf("channel %d: inverse deviation %v, want %v", i, v, want)
		}
	}
}

// Once the flag is cleared running statistics stay.
func TestNormStatsOfLostRun(t *testing.T) {
	d := open(t)
	rows, c := 10, 8
	y := noise(F32, 1, rows*c, 0, 1)
	n := newNormed(2, y, c)
	norm, ok := n.put(d), d.put([]byte{0, 0, 0, 0})
	ym, scratch := d.mat(F32, c, layout{}, y), d.room(NormStatsScratch(F32, rows, c, 1))
	d.do(func(k *Set, s cuda.Stream) error { return k.NormStats(s, ym, norm, .1, ok, nil, scratch) })
	if got := d.read(norm.RunningMean, c); !slices.Equal(got, n.runningMean) {
		t.Errorf("running means moved to %v from %v", got, n.runningMean)
	}
	check(t, result{"mean", F32, d.read(norm.Moments, c), n.mean})
}

func TestNormRefusesOneValue(t *testing.T) {
	d := open(t)
	y := d.blank(F32, 1, 4, layout{})
	err := d.card.Do(func() error {
		return d.set.NormStats(d.stream, y, Norm{C: 4, Moments: 16}, .1, 0, nil, 0)
	})
	if err == nil {
		t.Error("one value has a variance")
	}
}

// With running statistics, and a residual that a norm of its own is applied to.
func TestNormRunning(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		rows, c := 77, 72
		y, other := noise(ty, 1, rows*c, 0, 2), noise(ty, 2, rows*c, 0, 2)
		a, b := newNormed(3, y, c), newNormed(9, other, c)
		for _, n := range []*normed{a, b} {
			n.mean, n.variance = doubles(n.runningMean), doubles(n.runningVar)
		}
		norms := []Norm{a.put(d), b.put(d)}
		table := d.put(NormTable(norms))
		out, ym, om := d.blank(ty, rows, c, l), d.mat(ty, c, l, y), d.mat(ty, c, l, other)
		d.do(func(k *Set, s cuda.Stream) error {
			if err := k.NormRunning(s, table, len(norms)); err != nil {
				return err
			}
			return k.NormApply(s, out, ym, norms[0], &Residual{om, norms[1].Moments}, true)
		})
		want := a.apply(y)
		for i, v := range b.apply(other) {
			want[i] += v
		}
		check(t, result{"out", ty, d.values(out), cut(want)})
	})
}

// What is no number stays visible behind a ReLU.
func TestNormKeepsNaN(t *testing.T) {
	d := open(t)
	y := noise(F32, 1, 40, 0, 1)
	n := newNormed(2, y, 4)
	norm := n.put(d)
	y[13] = float32(math.NaN())
	out, ym := d.blank(F32, 10, 4, layout{}), d.mat(F32, 4, layout{}, y)
	table := d.put(NormTable([]Norm{norm}))
	d.do(func(k *Set, s cuda.Stream) error {
		if err := k.NormRunning(s, table, 1); err != nil {
			return err
		}
		return k.NormApply(s, out, ym, norm, nil, true)
	})
	for i, v := range d.values(out) {
		if (v != v) != (i == 13) {
			t.Errorf("value %d is %v", i, v)
		}
	}
}
