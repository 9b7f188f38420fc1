//go:build gpu && linux

package kernels

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hpaflow/models/gpu/cuda"
)

// optimised is a setting of an optimiser.
type optimised struct {
	kind     string
	decay    float64
	momentum float64
	other    bool // AMSGrad, or Nesterov
}

// steps takes steps in float64, with the gradients given, and gives the
// parameters and the moments.
func (o optimised) steps(p []float64, grads [][]float32, lr float64) (x []float64, moments [3][]float64) {
	x = slices.Clone(p)
	for i := range moments {
		moments[i] = make([]float64, len(p))
	}
	a, b, c := moments[0], moments[1], moments[2]
	for t, grad := range grads {
		for i := range x {
			g := float64(grad[i]) + o.decay*x[i]
			if o.kind == "sgd" {
				if a[i] = o.momentum*a[i] + g; t == 0 {
					a[i] = g
				}
				if o.other {
					x[i] -= lr * (g + o.momentum*a[i])
				} else {
					x[i] -= lr * a[i]
				}
				continue
			}
			a[i] = .9*a[i] + .1*g
			b[i] = .999*b[i] + .001*g*g
			c[i] = max(c[i], b[i])
			second := b[i]
			if o.other {
				second = c[i]
			}
			step := float64(t + 1)
			x[i] -= lr / (1 - math.Pow(.9, step)) * a[i] / (math.Sqrt(second)/math.Sqrt(1-math.Pow(.999, step)) + 1e-8)
		}
	}
	return x, moments
}

var optimisers = []optimised{
	{kind: "adam"},
	{kind: "adam", decay: .1, other: true},
	{kind: "sgd", momentum: .9},
	{kind: "sgd", momentum: .9, decay: .1, other: true},
}

// results runs steps, the first narrow gradients in bfloat16.
func (o optimised) results(d *device, n, narrow, steps int, ok cuda.Ptr, seed uint64) ([]result, []float32) {
	lr := .01
	p := noise(F32, seed, n, 0, 1)
	params := Params{
		N: n, Weights: d.floats(p), Shadow: d.room(int64(2 * n)), Narrow: narrow, Shadowed: n / 8 * 8, Ok: ok,
		Moments: [3]cuda.Ptr{d.floats(make([]float32, n)), d.floats(make([]float32, n)), d.floats(make([]float32, n))},
	}
	if o.kind == "sgd" && ok == 0 {
		params.Moments[0] = d.room(int64(4 * n)) // before the first step there is none
	}
	var grads [][]float32
	for t := range steps {
		g := noise(F32, seed+uint64(t)+1, n, .1, float32(steps-t))
		rounded := noise(BF16, seed+uint64(t)+1, n, .1, float32(steps-t))
		wide := append(nans(narrow), g[narrow:]...)
		params.Grads, params.NarrowGrads = d.floats(wide), d.put(packed(rounded[:narrow], BF16))
		grads = append(grads, append(slices.Clone(rounded[:narrow]), g[narrow:]...))
		hyper := AdamHyper(lr, int64(t+1))
		if o.kind == "sgd" {
			hyper = SGDHyper(lr, t == 0)
		}
		hp := d.put(hyper[:])
		d.do(func(k *Set, s cuda.Stream) error {
			if o.kind == "sgd" {
				return k.SGD(s, params, o.momentum, o.decay, o.other, hp)
			}
			return k.Adam(s, params, o.decay, o.other, hp)
		})
	}
	x, moments := o.steps(doubles(p), grads, lr)
	got := d.read(params.Weights, n)
	results := []result{{"weights", F32, got, x}, {"first", F32, d.read(params.Moments[0], n), moments[0]}}
	if o.kind == "adam" {
		results = append(results, result{"second", F32, d.read(params.Moments[1], n), moments[1]})
		if o.other {
			results = append(results, result{"largest", F32, d.read(params.Moments[2], n), moments[2]})
		}
	}
	for i, v := range unpacked(d.get(params.Shadow, 2*params.Shadowed), BF16) {
		if ok == 0 && v != round(got[i]) {
			d.t.Errorf("shadow of %v is %v", got[i], v)
			break
		}
	}
	return results, p
}

func TestOptimisers(t *testing.T) {
	d := open(t)
	for _, o := range optimisers {
		for _, n := range [][2]int{{1, 0}, {7, 0}, {64, 8}, {5003, 0}, {5003, 4096}} {
			t.Run(fmt.Sprintf("%+v of %v", o, n), func(t *testing.T) {
				results, _ := o.results(d.in(t), n[0], n[1], 4, 0, 5)
				check(t, results...)
			})
		}
	}
}

// With the flag cleared nothing moves.
func TestOptimisersOfLostRun(t *testing.T) {
	for _, o := range optimisers {
		d := open(t)
		results, p := o.results(d, 50, 0, 2, d.put([]byte{0, 0, 0, 0}), 5)
		if !slices.Equal(results[0].got, p) {
			t.Errorf("%+v: weights moved", o)
		}
		if !slices.Equal(results[1].got, make([]float32, 50)) {
			t.Errorf("%+v: moments moved", o)
		}
	}
}

// Gradients are clipped by the norm of all, narrow ones widened, and those whose
// norm is small stay.
func TestClip(t *testing.T) {
	d := open(t)
	for _, n := range [][2]int{{1, 0}, {7, 0}, {5003, 0}, {5003, 4096}, {700001, 80000}} {
		for _, limit := range []float64{1e-3, .5, 1e6} {
			count, narrow := n[0], n[1]
			g, rounded := noise(F32, 3, count, .1, 1), noise(BF16, 3, count, .1, 1)
			p := Params{N: count, Grads: d.floats(append(nans(narrow), g[narrow:]...)), NarrowGrads: d.put(packed(rounded[:narrow], BF16)), Narrow: narrow}
			all := append(slices.Clone(rounded[:narrow]), g[narrow:]...)
			to, scratch := p.Grads, d.room(ClipBytes)
			d.do(func(k *Set, s cuda.Stream) error { return k.Clip(s, p, limit, to, scratch) })
			var squares float64
			for _, v := range all {
				squares += float64(v) * float64(v)
			}
			want := doubles(all)
			if by := limit / (math.Sqrt(squares) + 1e-6); by < 1 {
				for i := range want {
					want[i] *= by
				}
			}
			check(t, result{fmt.Sprintf("%v clipped to %v", n, limit), F32, d.read(to, count), want})
		}
	}
}

// Gradients of which one is no number are all none, as PyTorch's and a CPU's are: an
// optimiser must not go on with the rest.
func TestClipOfNoNumber(t *testing.T) {
	d := open(t)
	grads := noise(F32, 3, 5003, .1, 1)
	grads[4001] = float32(math.NaN())
	p := Params{N: len(grads), Grads: d.floats(grads)}
	scratch := d.room(ClipBytes)
	d.do(func(k *Set, s cuda.Stream) error { return k.Clip(s, p, .5, p.Grads, scratch) })
	for i, v := range d.read(p.Grads, p.N) {
		if v == v {
			t.Fatalf("gradient %d is %v", i, v)
		}
	}
}

// An average moves by its share, unless the run is lost, and is exchanged whole.
func TestApproachAndExchange(t *testing.T) {
	d := open(t)
	for _, n := range []int{1, 6, 5003} {
		a, b := noise(F32, 1, n, 0, 1), noise(F32, 2, n, 0, 1)
		x, y := d.floats(a), d.floats(b)
		lost := d.put([]byte{0, 0, 0, 0})
		d.do(func(k *Set, s cuda.Stream) error { return k.Approach(s, x, y, n, .5, lost) })
		if !slices.Equal(d.read(x, n), a) {
			t.Errorf("%d numbers moved, and the run is lost", n)
		}
		d.do(func(k *Set, s cuda.Stream) error { return k.Approach(s, x, y, n, .125, 0) })
		want := doubles(a)
		for i := range want {
			want[i] += .125 * (float64(b[i]) - want[i])
		}
		check(t, result{"moved", F32, d.read(x, n), want})
		moved := d.read(x, n)
		d.do(func(k *Set, s cuda.Stream) error { return k.Exchange(s, x, y, n) })
		if !slices.Equal(d.read(x, n), b) || !slices.Equal(d.read(y, n), moved) {
			t.Errorf("%d numbers are not exchanged", n)
		}
	}
}
