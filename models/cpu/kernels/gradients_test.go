package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// numeric gives by central differences the gradient of the sum of r*f(v), in
// float64.
func numeric(v, r []float64, f func(v []float64) []float64) []float64 {
	const h = 1e-5
	value := func() (sum float64) {
		for i, y := range f(v) {
			sum += y * r[i]
		}
		return sum
	}
	grad := make([]float64, len(v))
	for i, keep := range v {
		v[i] = keep + h
		up := value()
		v[i] = keep - h
		grad[i] = (up - value()) / (2 * h)
		v[i] = keep
	}
	return grad
}

func wide(v []float32) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}

func narrow(v []float64) []float32 {
	n := make([]float32, len(v))
	for i, x := range v {
		n[i] = float32(x)
	}
	return n
}

func check(t failer, what string, got []float32, want []float64, share float64) {
	t.Helper()
	largest := .1 // inputs are about 1, so sums that cancel have their rounding
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= share*largest) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], v)
		}
	}
}

// The definition of the convolution's gradients is held against its forward
// pass, as the kernels are held against the definition.
func TestNaiveConvGradients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := ConvShape{In: 2, Out: 4, H: 4, W: 5, KH: 3, KW: 2, StrideH: 2, StrideW: 1, PadH: 1, PadW: 1, DilationH: 1, DilationW: 2,
			Groups: rapid.IntRange(1, 2).Draw(t, "groups")}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x, w, dy := wide(normal(r, s.In*s.H*s.W)), wide(normal(r, s.WeightSize())), wide(normal(r, s.Out*s.OutH()*s.OutW()))
		dx, dw := make([]float64, len(x)), make([]float64, len(w))
		naiveBackwardData(s, 1, dx, dy, w)
		naiveBackwardWeights(s, 1, dw, dy, x)
		run := func() []float64 {
			y := make([]float64, len(dy))
			naiveForward(s, 1, y, x, w)
			return y
		}
		check(t, "data", narrow(dx), numeric(x, dy, func([]float64) []float64 { return run() }), 1e-5)
		check(t, "weights", narrow(dw), numeric(w, dy, func([]float64) []float64 { return run() }), 1e-5)
	})
}

// naiveBatchNorm is the definition, in training mode.
func naiveBatchNorm(c, plane int, x, residual, gamma, beta []float64, relu bool) (y, mean, variance []float64) {
	n := len(x) / c / plane
	y, mean, variance = make([]float64, len(x)), make([]float64, c), make([]float64, c)
	each := func(f func(ch, i int)) {
		for i := range x {
			f(i/plane%c, i)
		}
	}
	each(func(ch, i int) { mean[ch] += x[i] / float64(n*plane) })
	each(func(ch, i int) { variance[ch] += (x[i] - mean[ch]) * (x[i] - mean[ch]) / float64(n*plane) })
	each(func(ch, i int) {
		y[i] = gamma[ch]*(x[i]-mean[ch])/math.Sqrt(variance[ch]+1e-5) + beta[ch]
		if residual != nil {
			y[i] += residual[i]
		}
		if relu {
			y[i] = max(y[i], 0)
		}
	})
	return y, mean, variance
}

func TestBatchNorm(t *testing.T) {
	ws := NewWorkspace()
	rapid.Check(t, func(t *rapid.T) {
		n, c, plane := rapid.IntRange(1, 4).Draw(t, "n"), rapid.IntRange(1, 11).Draw(t, "c"), rapid.IntRange(4, 19).Draw(t, "plane") // two or three values may lie so close that rounding is all there is
		b := BatchNorm{C: c, Plane: plane, ReLU: rapid.Bool().Draw(t, "relu"), machine: rapid.SampledFrom(machines).Draw(t, "machine")}
		in := func(v []float32) []float32 { return blocked(ws, n, c, v) }
		out := func(v []float32) []float32 {
			if err := spare(n, c, v); err != nil {
				t.Fatalf("%v", err)
			}
			plain := dirty(n * c * plane)
			FromBlocks(ws, n, c, plane, plain, v)
			return plain
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		size := n * c * plane
		x, dy, gamma, beta := normal(r, size), normal(r, size), normal(r, c), normal(r, c)
		var residual []float32
		var wideResidual []float64
		if rapid.Bool().Draw(t, "residual") {
			plain := normal(r, size)
			residual, wideResidual = in(plain), wide(plain)
		}
		mean, variance := normal(r, c), normal(r, c)
		wantMean, wantVar := wide(mean), wide(variance)
		m := NewMoments(c)
		y := dirty(n * Blocks(c) * Lanes * plane)
		b.Train(ws, n, y, in(x), residual, gamma, beta, mean, variance, m)

		wx, wg, wb := wide(x), wide(gamma), wide(beta)
		want, batchMean, batchVar := naiveBatchNorm(c, plane, wx, wideResidual, wg, wb, b.ReLU)
		check(t, "forward", out(y), want, 1e-5)
		if residual == nil {
			again := dirty(len(y))
			b.Again(ws, n, again, in(x), m)
			if !sameBits(again, y) {
				t.Fatalf("computed again the result is another")
			}
		}
		for i := range c {
			wantMean[i] = .9*wantMean[i] + .1*batchMean[i]
			wantVar[i] = .9*wantVar[i] + .1*batchVar[i]*float64(n*plane)/float64(n*plane-1)
		}
		check(t, "running mean", mean, wantMean, 1e-6)
		check(t, "running variance", variance, wantVar, 1e-5)

		before, _, _ := naiveBatchNorm(c, plane, wx, wideResidual, wg, wb, false)
		for _, v := range before {
			if b.ReLU && math.Abs(v) < 1e-3 {
				return // a difference would step over the cut
			}
		}
		run := func([]float64) []float64 {
			y, _, _ := naiveBatchNorm(c, plane, wx, wideResidual, wg, wb, b.ReLU)
			return y
		}
		grad := in(dy)
		back := b
		if residual != nil && b.ReLU {
			ReLUBackward(ws, grad, grad, y)
			check(t, "dresidual", out(grad), numeric(wideResidual, wide(dy), run), 2e-3)
			back.ReLU = false
		}
		dx, dgamma, dbeta := dirty(len(y)), dirty(c), dirty(c)
		back.Backward(ws, n, dx, grad, in(x), gamma, m, dgamma, dbeta)
		const share = 2e-3 // a batch of few values may have a variance near eps
		check(t, "dx", out(dx), numeric(wx, wide(dy), run), share)
		check(t, "dgamma", dgamma, numeric(wg, wide(dy), run), share)
		check(t, "dbeta", dbeta, numeric(wb, wide(dy), run), share)
		back.Backward(ws, n, grad, grad, in(x), gamma, m, dgamma, dbeta)
		if !sameBits(grad, dx) {
			t.Fatalf("in place the gradient is another")
		}
	})
}

// Evaluation uses the running statistics and nothing of the batch.
func TestBatchNormEvaluate(t *testing.T) {
	b := BatchNorm{C: 2, Plane: 2, ReLU: true}
	ws := NewWorkspace()
	y, plain := dirty(2*Lanes), dirty(4)
	b.Evaluate(ws, 1, y, blocked(ws, 1, 2, []float32{1, 3, -5, 7}), blocked(ws, 1, 2, []float32{0, 0, .5, .5}),
		[]float32{2, 3}, []float32{.5, -1}, []float32{1, 2}, []float32{4 - 1e-5, 9 - 1e-5})
	FromBlocks(ws, 1, 2, 2, plain, y)
	check(t, "evaluate", plain, []float64{.5, 2.5, 0, 4.5}, 1e-6)
}

// The loops over blocks differ between kinds of machine only in the last bits,
// at every length.
func TestLoopsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	for n := 1; n < 20; n++ {
		x, dy := normal(r, n*Lanes), normal(r, n*Lanes)
		c := make([]*float32, 6)
		for i := range c {
			c[i] = &normal(r, Lanes)[0]
		}
		var want [][]float32
		for _, m := range machines {
			got := [][]float32{dirty(2 * Lanes), dirty(2 * Lanes), dirty(n * Lanes), dirty(n * Lanes), dirty(n * Lanes), append([]float32(nil), x...), append([]float32(nil), x...)}
			m.blockSums(n, &x[0], c[0], &got[0][0])
			m.blockGradSums(n, &dy[0], &x[0], c[0], c[1], c[2], c[3], &got[1][0])
			m.blockApply(n, &got[2][0], &x[0], &dy[0], c[0], c[1], c[2])
			m.blockGrad(n, &got[3][0], &dy[0], &x[0], c[0], c[1], c[2], c[3], c[4], c[5])
			m.blockCut(n, &got[4][0], &dy[0], &x[0])
			m.blockAdd(n, &got[5][0], &dy[0])
			m.blockGradAdd(n, &got[6][0], &dy[0], &x[0], c[0], c[1], c[2], c[3], c[4], c[5])
			if want == nil {
				want = got
			}
			for i := range got {
				if err := near(fmt.Sprint("loop ", i), got[i], want[i]); err != nil {
					t.Errorf("%s, %d vectors: %v", m.name, n, err)
				}
			}
		}
	}
}

// A NaN goes through every cut, so that it is seen in the loss.
func TestNaNSurvives(t *testing.T) {
	nan := dirty(Lanes)
	one, zero := make([]float32, Lanes), make([]float32, Lanes)
	for _, m := range machines {
		y := make([]float32, Lanes)
		m.blockApply(1, &y[0], &nan[0], nil, &one[0], &zero[0], &zero[0])
		if y[3] == y[3] {
			t.Errorf("%s: batch norm cut a NaN to %v", m.name, y[3])
		}
		m.convTiles[1][1](1, 0, 0, 1, new(int), 4, &nan[0], 0, &make([]float32, 32)[0], &y[0], 0, 0, nil, nil, cutResult, nil, 0)
		if y[3] == y[3] {
			t.Errorf("%s: convolution cut a NaN to %v", m.name, y[3])
		}
	}
}

func TestMaxPool(t *testing.T) {
	ws := NewWorkspace()
	rapid.Check(t, func(t *rapid.T) {
		p := MaxPool{C: 1, Kernel: rapid.IntRange(1, 4).Draw(t, "kernel"), Stride: rapid.IntRange(1, 3).Draw(t, "stride"), Ceil: rapid.Bool().Draw(t, "ceil")}
		p.Pad = rapid.IntRange(0, p.Kernel/2).Draw(t, "pad")
		p.H, p.W = rapid.IntRange(p.Kernel, 12).Draw(t, "h"), rapid.IntRange(p.Kernel, 12).Draw(t, "w")
		if err := p.Validate(); err != nil {
			t.Fatalf("%v", err)
		}
		p.C = rapid.IntRange(1, 10).Draw(t, "c")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x := normal(r, 2*p.C*p.H*p.W)
		outH, outW := p.OutH(), p.OutW()
		var want []float32
		wantX := make([]float64, len(x))
		dy := normal(r, 2*p.C*outH*outW)
		for plane := range 2 * p.C {
			for oy := range outH {
				for ox := range outW {
					best := -1
					for y := max(0, oy*p.Stride-p.Pad); y < min(p.H, oy*p.Stride-p.Pad+p.Kernel); y++ {
						for w := max(0, ox*p.Stride-p.Pad); w < min(p.W, ox*p.Stride-p.Pad+p.Kernel); w++ {
							if i := (plane*p.H+y)*p.W + w; best < 0 || x[i] > x[best] {
								best = i
							}
						}
					}
					if best < 0 {
						t.Fatalf("window (%d,%d) is empty", oy, ox)
					}
					wantX[best] += float64(dy[len(want)])
					want = append(want, x[best])
				}
			}
		}
		for _, m := range machines {
			y, dx := dirty(2*Blocks(p.C)*Lanes*outH*outW), dirty(2*Blocks(p.C)*Lanes*p.H*p.W)
			from := make([]uint8, len(y))
			p.forward(ws, m, 2, y, blocked(ws, 2, p.C, x), from)
			plain, plainX := dirty(len(want)), dirty(len(x))
			FromBlocks(ws, 2, p.C, outH*outW, plain, y)
			if !sameBits(plain, want) {
				t.Fatalf("%s: got %v, want %v", m.name, plain, want)
			}
			p.backward(ws, m, 2, dx, blocked(ws, 2, p.C, dy), from)
			FromBlocks(ws, 2, p.C, p.H*p.W, plainX, dx)
			check(t, "backward", plainX, wantX, 1e-6)
		}
	})
}

// TestMaxPoolLargestWindow: the last place of the largest window is told from all others,
// and a larger window is refused.
func TestMaxPoolLargestWindow(t *testing.T) {
	ws := NewWorkspace()
	p := MaxPool{C: Lanes, H: mostKernel, W: mostKernel, Kernel: mostKernel, Stride: 1}
	x := make([]float32, p.H*p.W*Lanes)
	fill(x[len(x)-Lanes:], 1)
	dy := make([]float32, Lanes)
	fill(dy, 2)
	for _, m := range machines {
		y, from, dx := make([]float32, Lanes), make([]uint8, Lanes), make([]float32, len(x))
		p.forward(ws, m, 1, y, x, from)
		p.backward(ws, m, 1, dx, dy, from)
		last := len(x) - Lanes
		if !sameBits(y, x[last:]) || !sameBits(dx[last:], dy) || !sameBits(dx[:last], x[:last]) {
			t.Errorf("%s: %v from places %v, gradient %v", m.name, y, from, dx)
		}
	}
	p.Kernel, p.Pad = mostKernel+1, 1
	if err := p.Validate(); err == nil {
		t.Error("a window of more places than a byte counts is not refused")
	}
}

// Sizes of torch.nn.MaxPool2d.
func TestMaxPoolSizes(t *testing.T) {
	for _, c := range []struct {
		kernel, stride, pad, size, floor, ceil int
	}{{3, 2, 1, 64, 32, 33}, {3, 2, 0, 64, 31, 32}, {3, 2, 0, 65, 32, 32}, {2, 2, 1, 3, 2, 2}, {2, 3, 1, 4, 2, 2}} {
		p := MaxPool{C: 1, H: c.size, W: c.size, Kernel: c.kernel, Stride: c.stride, Pad: c.pad}
		if got := p.OutH(); got != c.floor {
			t.Errorf("%+v: %d, want %d", c, got, c.floor)
		}
		p.Ceil = true
		if got := p.OutW(); got != c.ceil {
			t.Errorf("%+v with ceil: %d, want %d", c, got, c.ceil)
		}
	}
}

func TestLinearAndAveragePool(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for _, m := range machines {
		linearAndAveragePool(t, r, m)
	}
}

func linearAndAveragePool(t *testing.T, r *rand.Rand, m *machine) {
	const n, in, out, plane = 3, 43, 5, 6
	l := Linear{In: in, Out: out, machine: m}
	maps, w, bias, dy := normal(r, n*in*plane), normal(r, out*in), normal(r, out), normal(r, n*out)
	x, y := dirty(n*in), dirty(n*out)
	ws := NewWorkspace()
	AveragePool(n, in, plane, x, blocked(ws, n, in, maps))
	l.Forward(ws, n, y, x, w, bias)
	wm, ww, wb := wide(maps), wide(w), wide(bias)
	run := func([]float64) []float64 {
		y := make([]float64, n*out)
		for i := range y {
			y[i] = wb[i%out]
			for k := range in * plane {
				y[i] += wm[i/out*in*plane+k] / plane * ww[i%out*in+k/plane]
			}
		}
		return y
	}
	check(t, "forward", y, run(nil), 1e-5)
	dx, dmaps, dw, db := dirty(n*in), dirty(n*in*plane), dirty(out*in), dirty(out)
	l.BackwardData(ws, n, dx, dy, w)
	grad := dirty(n * Blocks(in) * Lanes * plane)
	AveragePoolBackward(n, in, plane, grad, dx)
	FromBlocks(ws, n, in, plane, dmaps, grad)
	l.BackwardWeights(ws, n, dw, dy, x)
	l.BackwardBias(n, db, dy)
	check(t, "maps", dmaps, numeric(wm, wide(dy), run), 1e-5)
	check(t, "weights", dw, numeric(ww, wide(dy), run), 1e-5)
	check(t, "bias", db, numeric(wb, wide(dy), run), 1e-5)
}

func TestLossGradient(t *testing.T) {
	for _, gamma := range []float64{0, 1, 2, 3.5} {
		l := Loss{Gamma: gamma}
		for x := -8.; x <= 8; x += .37 {
			for _, target := range []float64{0, .3, 1} {
				_, slope := l.one(x, target)
				up, _ := l.one(x+1e-5, target)
				down, _ := l.one(x-1e-5, target)
				if want := (up - down) / 2e-5; math.Abs(slope-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("gamma %v, logit %v, target %v: slope %v, want %v", gamma, x, target, slope, want)
				}
			}
		}
		for _, x := range []float64{-1e4, 1e4} {
			if v, s := l.one(x, 1); math.IsNaN(v+s) || math.IsInf(v+s, 0) {
				t.Error(fmt.Sprint("gamma ", gamma, ", logit ", x, ": ", v, s))
			}
		}
	}
}
