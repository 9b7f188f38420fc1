//go:build unix

package kernels

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"hpaflow/data/fence"

	"pgregory.net/rapid"
)

// TestStaysInside computes layers between fences: no kind of machine reads or
// writes outside what it is given.
func TestStaysInside(t *testing.T) {
	for i, enclose := range []func(testing.TB, []float32) []float32{fence.Start[float32], fence.End[float32]} {
		side := []string{"before", "behind"}[i]
		for _, s := range []ConvShape{
			{In: 4, Out: 24, H: 20, W: 22, KH: 7, KW: 7, StrideH: 2, StrideW: 2, PadH: 3, PadW: 3, Plain: true},
			{In: 3, Out: 8, H: 9, W: 7, KH: 3, KW: 3, Plain: true},
			{In: 24, Out: 40, H: 13, W: 18, KH: 3, KW: 3, PadH: 1, PadW: 1, Batch: 6}, // minimal form
			{In: 64, Out: 72, H: 3, W: 3, KH: 1, KW: 1, Batch: 6},                     // stacked
			{In: 56, Out: 56, H: 1, W: 4, KH: 1, KW: 7, PadW: 3, Batch: 6},
			{In: 16, Out: 24, H: 9, W: 11, KH: 1, KW: 1},
			{In: 200, Out: 104, H: 9, W: 11, KH: 1, KW: 1},
			{In: 24, Out: 40, H: 13, W: 18, KH: 5, KW: 5, PadH: 2, PadW: 2, Batch: 6}, // along rows
			{In: 16, Out: 24, H: 19, W: 9, KH: 7, KW: 1, PadH: 3, Batch: 6},
			{In: 24, Out: 24, H: 8, W: 9, KH: 3, KW: 3, StrideH: 2, StrideW: 2, Groups: 3},
			{In: 16, Out: 16, H: 7, W: 133, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 4}, // quads
			{In: 13, Out: 11, H: 6, W: 7, KH: 2, KW: 3, DilationH: 2},
		} {
			s = withDefaults(s)
			t.Run(fmt.Sprintf("%s/%dx%d/%d", side, s.In, s.Out, s.KH), func(t *testing.T) {
				staysInside(t, s, 6, 2, func(v []float32) []float32 { return enclose(t, v) })
			})
		}
		t.Run(side+"/loops", func(t *testing.T) {
			ws := NewWorkspaceOf(2)
			r := rand.New(rand.NewPCG(7, 8))
			buf := func(n int) []float32 { return enclose(t, normal(r, n)) }
			for _, m := range machines {
				for plane := 1; plane < 40; plane += 3 {
					size := 2 * Lanes * plane
					x, dy, y, dx := buf(size), buf(size), buf(size), buf(size)
					b := BatchNorm{C: 16, Plane: plane, ReLU: true, machine: m}
					moments := Moments{buf(16), buf(16), buf(16), buf(16)}
					if plane > 1 {
						b.Train(ws, 1, y, x, dy, buf(16), buf(16), buf(16), buf(16), moments)
						b.Backward(ws, 1, dx, dy, x, buf(16), moments, buf(16), buf(16))
					}
					adam(ws, m, x, dy, y, dx, buf(size), AdamStep{LR: .1, Beta1: .9, Beta2: .99, Eps: 1, Step: 1})
					p := MaxPool{C: 16, H: 5, W: plane + 2, Kernel: 3, Stride: 2, Pad: 1}
					out := 2 * Lanes * p.OutH() * p.OutW()
					p.forward(ws, m, 1, buf(out), buf(2*Lanes*p.H*p.W), fence.End(t, make([]uint8, out)))
					m.blockCut(plane, &dx[0], &dy[0], &y[0])
					m.blockAdd(plane, &y[0], &x[0])
					LayerNorm{C: 16, Tokens: plane, machine: m}.Forward(ws, 1, buf(size), buf(size), buf(16), buf(16))
					m.tokenGELU(plane, &buf(plane * Lanes)[0])
					a, err := newSelfAttention(2, 8, plane, m)
					if err != nil {
						t.Fatal(err)
					}
					a.Forward(ws, 1, buf(size), buf(3*size))
				}
			}
		})
	}
}

// Nor do they at any shape, where a side may be one position and a stride leap it.
func TestConvStaysInsideAtAnyShape(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const most = 1 << 18 // values of anything
	var rooms [7][]float32
	for i := range rooms {
		rooms[i] = fence.End(t, make([]float32, most))
	}
	rapid.Check(t, func(t *rapid.T) {
		s, n := withDefaults(drawConv(t)), rapid.IntRange(1, 5).Draw(t, "n")
		next := 0
		staysInside(t, s, n, 1, func(v []float32) []float32 {
			room := rooms[next%len(rooms)]
			next++
			room = room[len(room)-len(v):]
			copy(room, v)
			return room
		})
	})
}

// staysInside computes a convolution of each kind of machine forward and back on values
// that are enclosed.
func staysInside(t failer, s ConvShape, n, threads int, enclose func([]float32) []float32) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	bias := enclose(make([]float32, Blocks(s.Out)*Lanes))
	x, dy, w := enclose(normal(r, n*s.InSize())), enclose(normal(r, n*s.OutSize())), enclose(normal(r, s.WeightSize()))
	y, dx, dw := enclose(dirty(len(dy))), enclose(dirty(len(x))), enclose(dirty(len(w)))
	for _, m := range machines {
		c, err := newConv(s, m)
		if err != nil {
			t.Fatalf("%v", err)
		}
		ws := NewWorkspaceOf(threads)
		c.Forward(ws, n, y, x, w)
		c.Infer(ws, n, y, x, c.Pack(ws, w), Epilogue{Bias: bias, Residual: dy, ReLU: true})
		c.BackwardWeights(ws, n, dw, dy, x)
		if !s.Plain {
			c.BackwardData(ws, n, dx, dy, w)
		}
	}
}
