package kernels

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// unblocked lays blocks out plainly, after a look at the spare lanes.
func unblocked(t failer, ws *Workspace, n, c, plane int, v []float32) []float32 {
	t.Helper()
	if err := spare(n, c, v); err != nil {
		t.Fatalf("%v", err)
	}
	plain := dirty(n * c * plane)
	FromBlocks(ws, n, c, plane, plain, v)
	return plain
}

func TestAveragePool3(t *testing.T) {
	ws := NewWorkspace()
	rapid.Check(t, func(t *rapid.T) {
		n, p := rapid.IntRange(1, 3).Draw(t, "n"), AveragePool3{rapid.IntRange(1, 10).Draw(t, "c"), rapid.IntRange(1, 7).Draw(t, "h"), rapid.IntRange(1, 7).Draw(t, "w")}
		plane := p.H * p.W
		x := normal(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), n*p.C*plane)
		want := make([]float64, len(x))
		for i := range want {
			from, r, c := i/plane*plane, i%plane/p.W, i%p.W
			for y := max(0, r-1); y <= min(p.H-1, r+1); y++ {
				for w := max(0, c-1); w <= min(p.W-1, c+1); w++ {
					want[i] += float64(x[from+y*p.W+w]) / 9
				}
			}
		}
		for _, m := range machines {
			y := dirty(n * Blocks(p.C) * Lanes * plane)
			p.run(ws, m, n, y, blocked(ws, n, p.C, x))
			check(t, m.name, unblocked(t, ws, n, p.C, plane, y), want, 1e-5)
		}
	})
}

func TestAdaptivePool(t *testing.T) {
	ws := NewWorkspace()
	size := rapid.IntRange(1, 7)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3).Draw(t, "n")
		p := AdaptivePool{rapid.IntRange(1, 10).Draw(t, "c"), size.Draw(t, "h"), size.Draw(t, "w"), size.Draw(t, "outH"), size.Draw(t, "outW")}
		if err := p.Validate(); err != nil {
			t.Fatalf("%v", err)
		}
		in, out := p.H*p.W, p.OutH*p.OutW
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x, dy := normal(r, n*p.C*in), normal(r, n*p.C*out)
		wx := wide(x)
		run := func([]float64) []float64 {
			y := make([]float64, n*p.C*out)
			for i := range y {
				oy, ox := i%out/p.OutW, i%p.OutW
				top, bottom := oy*p.H/p.OutH, ((oy+1)*p.H+p.OutH-1)/p.OutH
				left, right := ox*p.W/p.OutW, ((ox+1)*p.W+p.OutW-1)/p.OutW
				for r := top; r < bottom; r++ {
					for c := left; c < right; c++ {
						y[i] += wx[i/out*in+r*p.W+c] / float64((bottom-top)*(right-left))
					}
				}
			}
			return y
		}
		y, dx := dirty(n*Blocks(p.C)*Lanes*out), dirty(n*Blocks(p.C)*Lanes*in)
		p.Forward(ws, n, y, blocked(ws, n, p.C, x))
		check(t, "forward", unblocked(t, ws, n, p.C, out, y), run(nil), 1e-5)
		p.Backward(ws, n, dx, blocked(ws, n, p.C, dy))
		check(t, "backward", unblocked(t, ws, n, p.C, in, dx), numeric(wx, wide(dy), run), 1e-5)
	})
}

func TestConcat(t *testing.T) {
	ws := NewWorkspace()
	rapid.Check(t, func(t *rapid.T) {
		c := Concat{Plane: rapid.IntRange(1, 5).Draw(t, "plane")}
		for range rapid.IntRange(0, 3).Draw(t, "inputs") {
			c.C = append(c.C, Lanes*rapid.IntRange(1, 2).Draw(t, "blocks"))
		}
		c.C = append(c.C, rapid.IntRange(1, 11).Draw(t, "last"))
		if err := c.Validate(); err != nil {
			t.Fatalf("%v", err)
		}
		n := rapid.IntRange(1, 3).Draw(t, "n")
		want := normal(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), n*c.Channels()*c.Plane)
		var in [][]float32
		first := 0
		for _, channels := range c.C {
			part := make([]float32, 0, n*channels*c.Plane)
			for image := range n {
				at := (image*c.Channels() + first) * c.Plane
				part = append(part, want[at:at+channels*c.Plane]...)
			}
			in = append(in, blocked(ws, n, channels, part))
			first += channels
		}
		y := dirty(n * Blocks(c.Channels()) * Lanes * c.Plane)
		c.Forward(ws, n, y, in)
		if !sameBits(unblocked(t, ws, n, c.Channels(), c.Plane, y), want) {
			t.Fatalf("forward differs")
		}
		for i, x := range in {
			dx := dirty(len(x))
			c.Backward(ws, n, i, dx, y)
			if !sameBits(dx, x) {
				t.Fatalf("backward of input %d differs", i)
			}
		}
	})
	if err := (Concat{C: []int{4, 8}, Plane: 1}).Validate(); err == nil {
		t.Error("a first input of 4 channels was accepted")
	}
}
