package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestAttention(t *testing.T) {
	ws := NewWorkspace()
	rapid.Check(t, func(t *rapid.T) {
		n, a := rapid.IntRange(1, 3).Draw(t, "n"), Attention{rapid.IntRange(1, 11).Draw(t, "c"), rapid.IntRange(1, 9).Draw(t, "plane")}
		size := n * a.C * a.Plane
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		logits, scores, bias, dy := normal(r, size), normal(r, size), normal(r, a.C), normal(r, n*a.C)
		wl, wsc, wb := wide(logits), wide(scores), wide(bias)
		run := func([]float64) []float64 {
			y := make([]float64, n*a.C)
			for i := range y {
				var sum, weighted float64
				for p := range a.Plane {
					e := math.Exp(wsc[i*a.Plane+p])
					sum += e
					weighted += e * (wl[i*a.Plane+p] + wb[i%a.C])
				}
				y[i] = weighted / sum
			}
			return y
		}
		in := func(v []float32) []float32 { return blocked(ws, n, a.C, v) }
		y := dirty(n * a.C)
		a.Forward(ws, n, y, in(logits), in(scores), bias)
		check(t, "forward", y, run(nil), 1e-5)
		dl, ds := dirty(len(in(logits))), dirty(len(in(logits)))
		a.BackwardLogits(ws, n, dl, dy, in(scores))
		a.BackwardScores(ws, n, ds, dy, in(logits), in(scores))
		check(t, "logits", unblocked(t, ws, n, a.C, a.Plane, dl), numeric(wl, wide(dy), run), 1e-5)
		check(t, "scores", unblocked(t, ws, n, a.C, a.Plane, ds), numeric(wsc, wide(dy), run), 1e-4)
	})
}

// Scores of any size give weights, not infinities.
func TestAttentionOfLargeScores(t *testing.T) {
	ws := NewWorkspace()
	a := Attention{1, 3}
	y := dirty(1)
	a.Forward(ws, 1, y, blocked(ws, 1, 1, []float32{1, 2, 4}), blocked(ws, 1, 1, []float32{-1e4, 1e4, 1e4}), nil)
	if y[0] != 3 {
		t.Errorf("got %v, want 3", y[0])
	}
}

func TestSqueezeExcite(t *testing.T) {
	ws := NewWorkspace()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3).Draw(t, "n")
		q := SqueezeExcite{
			C: rapid.IntRange(1, 11).Draw(t, "c"), Hidden: rapid.IntRange(1, 4).Draw(t, "hidden"),
			Plane: rapid.IntRange(1, 9).Draw(t, "plane"), machine: rapid.SampledFrom(machines).Draw(t, "machine"),
		}
		size := n * q.C * q.Plane
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x, residual, dy := normal(r, size), normal(r, size), normal(r, size)
		w := SqueezeWeights{normal(r, q.C*q.Hidden), normal(r, q.Hidden), normal(r, q.C*q.Hidden), normal(r, q.C)}
		wx, wr := wide(x), wide(residual)
		w1, b1, w2, b2 := wide(w.W1), wide(w.B1), wide(w.W2), wide(w.B2)
		clear := true // of every cut, so that differences may be taken
		run := func([]float64) []float64 {
			y := make([]float64, size)
			for image := range n {
				mean, hidden := make([]float64, q.C), make([]float64, q.Hidden)
				for i := range q.C * q.Plane {
					mean[i/q.Plane] += wx[image*q.C*q.Plane+i] / float64(q.Plane)
				}
				for h := range hidden {
					hidden[h] = b1[h]
					for c, v := range mean {
						hidden[h] += w1[h*q.C+c] * v
					}
					clear = clear && math.Abs(hidden[h]) > 1e-3
					hidden[h] = max(hidden[h], 0)
				}
				for c := range q.C {
					gate := b2[c]
					for h, v := range hidden {
						gate += w2[c*q.Hidden+h] * v
					}
					for p := range q.Plane {
						i := (image*q.C+c)*q.Plane + p
						v := wx[i]/(1+math.Exp(-gate)) + wr[i]
						clear = clear && math.Abs(v) > 1e-3
						y[i] = max(v, 0)
					}
				}
			}
			return y
		}
		in := func(v []float32) []float32 { return blocked(ws, n, q.C, v) }
		out := func(v []float32) []float32 { return unblocked(t, ws, n, q.C, q.Plane, v) }
		y, gates := dirty(len(in(x))), q.NewGates(n)
		q.Forward(ws, n, y, in(x), in(residual), w, gates)
		check(t, "forward", out(y), run(nil), 1e-5)
		if !clear {
			return
		}
		grad := in(dy)
		ReLUBackward(ws, grad, grad, y)
		check(t, "residual", out(grad), numeric(wr, wide(dy), run), 1e-4)
		dx := dirty(len(grad))
		d := SqueezeWeights{dirty(len(w1)), dirty(len(b1)), dirty(len(w2)), dirty(len(b2))}
		q.Backward(ws, n, dx, grad, in(x), w, gates, d)
		check(t, "x", out(dx), numeric(wx, wide(dy), run), 1e-4)
		check(t, "w1", d.W1, numeric(w1, wide(dy), run), 1e-4)
		check(t, "b1", d.B1, numeric(b1, wide(dy), run), 1e-4)
		check(t, "w2", d.W2, numeric(w2, wide(dy), run), 1e-4)
		check(t, "b2", d.B2, numeric(b2, wide(dy), run), 1e-4)
	})
}
