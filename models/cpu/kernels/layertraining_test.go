package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// naiveLayerNorm is the norm by its formula, and the sum of its result times dy.
func naiveLayerNorm(c, plane, n int, eps float64, x, gamma, beta, dy []float64, y []float64) (sum float64) {
	for i := range n {
		for k := range plane {
			at := func(ch int) int { return (i*c+ch)*plane + k }
			var mean, squares float64
			for ch := range c {
				mean += x[at(ch)] / float64(c)
			}
			for ch := range c {
				squares += (x[at(ch)] - mean) * (x[at(ch)] - mean) / float64(c)
			}
			for ch := range c {
				y[at(ch)] = (x[at(ch)]-mean)/math.Sqrt(squares+eps)*gamma[ch] + beta[ch]
				sum += y[at(ch)] * dy[at(ch)]
			}
		}
	}
	return sum
}

// The norm is its formula, and its gradients are differences of that.
func TestLayerNormTrains(t *testing.T) {
	const n, c, plane, eps = 2, 16, 37, 1e-6
	r := rand.New(rand.NewPCG(3, 5))
	x, dy, gamma, beta := normal(r, n*c*plane), normal(r, n*c*plane), normal(r, c), normal(r, c)
	wide := func(v []float32) (w []float64) {
		for _, f := range v {
			w = append(w, float64(f))
		}
		return w
	}
	args := [3][]float64{wide(x), wide(gamma), wide(beta)}
	y := make([]float64, len(x))
	naiveLayerNorm(c, plane, n, eps, args[0], args[1], args[2], wide(dy), y)
	var grads [3][]float64
	for i := range args {
		for k := range args[i] {
			const h = 1e-5
			var of [2]float64
			spare := make([]float64, len(x))
			for side, step := range []float64{h, -2 * h} {
				args[i][k] += step
				of[side] = naiveLayerNorm(c, plane, n, eps, args[0], args[1], args[2], wide(dy), spare)
			}
			args[i][k] += h
			grads[i] = append(grads[i], (of[0]-of[1])/(2*h))
		}
	}
	ws := NewWorkspaceOf(2)
	size := n * Blocks(c) * plane * Lanes
	for _, m := range machines {
		norm := LayerNorm{C: c, Tokens: plane, Eps: eps, machine: m}
		got, again, p := dirty(size), dirty(size), NewPositions(n*plane)
		from, plain := blocked(ws, n, c, x), dirty(len(x))
		norm.Train(ws, n, got, from, gamma, beta, p)
		FromBlocks(ws, n, c, plane, plain, got)
		check(t, m.name, plain, y, 1e-6)
		norm.Again(ws, n, again, from, gamma, beta, p)
		if !slices.Equal(got, again) {
			t.Errorf("%s: the second time it is another", m.name)
		}
		dx, dgamma, dbeta := blocked(ws, n, c, dy), dirty(c), dirty(c)
		norm.Backward(ws, n, dx, dx, from, gamma, p, dgamma, dbeta)
		FromBlocks(ws, n, c, plane, plain, dx)
		check(t, m.name+" x", plain, grads[0], 2e-6)
		check(t, m.name+" gamma", dgamma, grads[1], 2e-6)
		check(t, m.name+" beta", dbeta, grads[2], 2e-6)
	}
}

// GELU to another place is GELU, and its gradient the derivative.
func TestGELUTo(t *testing.T) {
	var x, dy []float32
	var want []float64
	for i := -9600; i < 9600; i++ {
		v := float64(i) / 900
		x, dy = append(x, float32(v)), append(dy, float32(i%5)-2)
		v = float64(x[len(x)-1])
		want = append(want, float64(dy[len(dy)-1])*(.5*math.Erfc(-v/math.Sqrt2)+v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi)))
	}
	n := len(x) / Lanes
	for _, m := range machines {
		y, same := dirty(len(x)), slices.Clone(x)
		m.tokenGELUTo(n, &y[0], &x[0])
		if m.tokenGELU(n, &same[0]); !slices.Equal(y, same) {
			t.Errorf("%s: another result in another place", m.name)
		}
		dx := slices.Clone(dy)
		m.tokenGELUBack(n, &dx[0], &dx[0], &x[0])
		check(t, m.name, dx, want, 4e-7)
		odd := slices.Repeat([]float32{float32(math.NaN())}, Lanes)
		if m.tokenGELUBack(1, &odd[0], &dy[0], &odd[0]); odd[0] == odd[0] {
			t.Errorf("%s: NaN becomes %v", m.name, odd[0])
		}
	}
}

// AVX2 and AVX-512 give the same bits, however many vectors there are.
func TestTokensSameBits(t *testing.T) {
	if len(machines) < 3 {
		t.Skip("no AVX-512 here")
	}
	r := rand.New(rand.NewPCG(3, 8))
	for n := 1; n < 9; n++ {
		x, dy := normal(r, n*Lanes), normal(r, n*Lanes)
		for i := range x {
			x[i] *= 4
		}
		var want [3][]float32
		for k, m := range machines[:2] {
			got := [...][]float32{dirty(n * Lanes), dirty(n * Lanes), slices.Clone(x)}
			m.tokenGELUTo(n, &got[0][0], &x[0])
			m.tokenGELUBack(n, &got[1][0], &dy[0], &x[0])
			m.tokenGELU(n, &got[2][0])
			for i := range got {
				if k > 0 && !sameBits(got[i], want[i]) {
					t.Errorf("%d vectors: loop %d of %s differs from that of %s", n, i, m.name, machines[0].name)
				}
			}
			want = got
		}
	}
}

// The gradient of a bias is the sum of its channel.
func TestChannelSums(t *testing.T) {
	const n, c, plane = 3, 11, 300
	r := rand.New(rand.NewPCG(3, 6))
	dy, ws := normal(r, n*c*plane), NewWorkspaceOf(2)
	want := make([]float64, c)
	for i, v := range dy {
		want[i/plane%c] += float64(v)
	}
	got := dirty(c)
	ChannelSums(ws, n, c, plane, got, blocked(ws, n, c, dy))
	check(t, "sums", got, want, 1e-6)
}

// Norms and sums give the same bits at any number of threads.
func TestNormsSameBitsAtAnyThreadCount(t *testing.T) {
	const n, c, plane = 3, 24, 700
	r := rand.New(rand.NewPCG(3, 7))
	x, dy, gamma := normal(r, n*c*plane), normal(r, n*c*plane), normal(r, c)
	k, j := LayerNorm{C: c, Tokens: plane, Eps: 1e-6}, JointNorm{C: []int{16, 8}, Plane: plane, ReLU: true}
	parts := [][]float32{x[:n*16*plane], x[n*16*plane:]}
	var want [][]float32
	for _, threads := range []int{1, 2, 5} {
		ws, p, m := NewWorkspaceOf(threads), NewPositions(n*plane), NewMoments(c)
		got := [][]float32{dirty(len(x)), dirty(len(x)), dirty(c), dirty(c), dirty(c), dirty(len(x)), dirty(c), dirty(c)}
		k.Train(ws, n, got[0], x, gamma, gamma, p)
		k.Backward(ws, n, got[1], dy, x, gamma, p, got[2], got[3])
		ChannelSums(ws, n, c, plane, got[4], dy)
		sums := []Sums{NewSums(16), NewSums(8)}
		for i := range parts {
			j.Look(ws, n, i, parts[i], sums[i])
		}
		j.Settle(n, sums, gamma, gamma, make([]float32, c), make([]float32, c), m)
		j.Backward(ws, n, c, false, got[5], dy, parts, gamma, m, got[6], got[7])
		if want == nil {
			want = got
		}
		for i := range want {
			if !sameBits(got[i], want[i]) {
				t.Errorf("%d threads: result %d differs", threads, i)
			}
		}
	}
}
