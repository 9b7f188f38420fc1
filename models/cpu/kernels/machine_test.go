package kernels

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Every tile of every machine computes what its twin in plain Go does, at any
// steps, with and without what comes before and after the sums, and whatever is fetched.
func TestTilesAgreeWithPlainOnes(t *testing.T) {
	for _, m := range machines {
		for blocks := 1; blocks <= m.most(); blocks++ {
			for pixels := 1; pixels <= m.pixels[blocks]; pixels++ {
				compareConvTile(t, m, blocks, pixels)
			}
			for range 5 {
				if blocks <= m.blocks {
					compareGradTile(t, m, blocks)
				}
			}
		}
	}
}

func compareConvTile(t *testing.T, m *machine, blocks, pixels int) {
	r := rand.New(rand.NewPCG(uint64(blocks), uint64(pixels)))
	n, lanes, gap := 1+r.IntN(5), 4+4*r.IntN(2), 1+r.IntN(3)
	xstep, ystep := lanes*gap, Lanes*gap
	yblock := pixels*ystep + Lanes*r.IntN(3)
	tiles, xnext, ynext := 1+r.IntN(3), n*pixels*xstep, blocks*yblock
	x, w := normal(r, tiles*xnext), normal(r, n*lanes*blocks*Lanes)
	offsets := make([]int, n)
	for i := range offsets {
		offsets[i] = r.Perm(n)[0] * pixels * xstep * floatBytes
	}
	bias, res, held := normal(r, blocks*Lanes), normal(r, tiles*ynext), normal(r, tiles*ynext)
	for flags := range 4 {
		for use := range 4 {
			with := func(v []float32, bit int) *float32 {
				if use&bit == 0 {
					return nil
				}
				return &v[0]
			}
			got, want := append([]float32{}, held...), append([]float32{}, held...)
			for y, loop := range map[*float32]convTiles{
				&got[0]: m.convTiles[blocks][pixels], &want[0]: oneByOne(plainConvTile(blocks, pixels)),
			} {
				loop(tiles, xnext*floatBytes, ynext*floatBytes, n, &offsets[0], lanes, &x[0], xstep*floatBytes, &w[0], y, ystep*floatBytes, yblock*floatBytes, with(bias, 1), with(res, 2), flags, &w[0], use)
			}
			if err := near("sums", got, want); err != nil {
				t.Fatalf("%s: tiles of %dx%d, flags %d, uses %d: %v", m.name, blocks, pixels, flags, use, err)
			}
		}
	}
}

func compareGradTile(t *testing.T, m *machine, blocks int) {
	r := rand.New(rand.NewPCG(uint64(blocks), rand.Uint64()))
	rows, cols, gap := 1+r.IntN(3), 1+r.IntN(6), 1+r.IntN(2)
	xstep, xrow := Lanes*gap, cols*Lanes*gap+Lanes
	dyrow := blocks*cols*Lanes + Lanes*r.IntN(2)
	image := rows*xrow + Lanes
	x, dy, held := normal(r, 3*image), normal(r, rows*dyrow), normal(r, m.combos*blocks*Lanes)
	offsets := make([]int, m.combos)
	for i := range offsets { // in fours that follow each other, as lanes do
		if i%4 == 0 {
			offsets[i] = (r.IntN(3)*image + 4*r.IntN(2)) * floatBytes
		} else {
			offsets[i] = offsets[i-1] + floatBytes
		}
	}
	got, want := append([]float32{}, held...), append([]float32{}, held...)
	m.gradTile[blocks](rows, cols, &x[0], &offsets[0], xstep*floatBytes, xrow*floatBytes, &dy[0], dyrow*floatBytes, &got[0])
	plainGradTile(blocks, m.combos)(rows, cols, &x[0], &offsets[0], xstep*floatBytes, xrow*floatBytes, &dy[0], dyrow*floatBytes, &want[0])
	if err := near("sums", got, want); err != nil {
		t.Fatalf("%s: tile of the gradient of %d blocks: %v", m.name, blocks, err)
	}
}

// A convolution sums each value in one order whatever the tiles are: AVX2 and
// AVX-512 give the same bits.
func TestFastMachinesGiveTheSameBits(t *testing.T) {
	if len(machines) < 3 {
		t.Skip("no AVX-512 here")
	}
	if Instructions() != "avx2" || Loops() != "avx512" {
		t.Fatalf("%s by loops of %s", Instructions(), Loops())
	}
	ws := NewWorkspaceOf(3)
	compare := func(t failer, s ConvShape, n int, seed uint64) {
		var want [][]float32
		for _, m := range machines[:2] {
			c, err := newConv(s, m)
			if err != nil {
				t.Fatalf("%v", err)
			}
			r := rand.New(rand.NewPCG(seed, 4))
			x, w, dy := normal(r, n*s.InSize()), normal(r, s.WeightSize()), normal(r, n*s.OutSize())
			y, dx, dw := dirty(len(dy)), dirty(len(x)), dirty(len(w))
			c.Infer(ws, n, y, x, c.Pack(ws, w), Epilogue{Residual: dy, ReLU: true})
			c.BackwardWeights(ws, n, dw, dy, x)
			got := [][]float32{y, dw}
			if !s.Plain {
				c.BackwardData(ws, n, dx, dy, w)
				got = append(got, dx)
			}
			if want == nil {
				want = got
			}
			for i := range want {
				if !sameBits(got[i], want[i]) {
					t.Fatalf("%+v: pass %d differs between %s and %s", s, i, machines[0].name, m.name)
				}
			}
		}
	}
	for _, s := range largeShapes() {
		compare(t, withDefaults(s), 5, 1)
	}
	rapid.Check(t, func(t *rapid.T) {
		compare(t, withDefaults(drawConv(t)), rapid.IntRange(1, 5).Draw(t, "n"), rapid.Uint64().Draw(t, "seed"))
	})
}

// So do the transforms along lines, however their vectors lie.
func TestLinesAgreeWithPlainOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plain := plainMachine()
	for _, m := range machines {
		for taps := range maxTaps + 1 {
			if m.lineKernel[taps] == nil {
				continue
			}
			const n = 3
			outputs := lineIn + 1 - taps
			for use := range 8 {
				with := func(v []float32, bit int) *float32 {
					if use&bit == 0 {
						return nil
					}
					return &v[0]
				}
				across := use%2 == 0 // whether vectors of a line follow each other, or those of all lines
				lie := func(count int) (step, next int) {
					if across {
						return n * laneBytes, laneBytes
					}
					return laneBytes, count * laneBytes
				}
				x, bias, res := normal(r, n*lineIn*Lanes), normal(r, Lanes), normal(r, n*outputs*Lanes)
				var got, want [3][]float32
				for to, m := range map[*[3][]float32]*machine{&got: m, &want: plain} {
					for i := range to {
						to[i] = make([]float32, n*lineIn*Lanes)
					}
					step, next := lie(lineIn)
					m.lineInput(n, &to[0][0], step, next, &x[0], step, next)
					from, fromNext := lie(taps)
					m.lineKernel[taps](n, &to[1][0], step, next, &x[0], from, fromNext)
					out, outNext := lie(outputs)
					m.lineOutput[taps](n, &to[2][0], out, outNext, &x[0], step, next, with(bias, 2), with(res, 4), use/2%2)
				}
				for i, what := range []string{"input", "kernel", "output"} {
					if err := near(what, got[i], want[i]); err != nil {
						t.Errorf("%s: line of %d taps, use %d: %v", m.name, taps, use, err)
					}
				}
			}
		}
	}
}
