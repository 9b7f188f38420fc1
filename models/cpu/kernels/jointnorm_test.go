package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A norm of parts is the norm of their concatenation, forward to the bit; and
// gradients are added to wider ones that hold others.
func TestJointNormIsTheConcatenations(t *testing.T) {
	const n, plane = 3, 300
	ws := NewWorkspaceOf(2)
	for _, relu := range []bool{false, true} {
		r := rand.New(rand.NewPCG(8, 1))
		j := JointNorm{C: []int{16, 8, 5}, Plane: plane, ReLU: relu}
		c := j.Channels()
		var parts [][]float32
		var sums []Sums
		for i, k := range j.C {
			parts = append(parts, blocked(ws, n, k, normal(r, n*k*plane)))
			sums = append(sums, NewSums(k))
			j.Look(ws, n, i, parts[i], sums[i])
		}
		size := n * Blocks(c) * plane * Lanes
		whole, want, got := make([]float32, size), dirty(size), dirty(size)
		Concat{C: j.C, Plane: plane}.Forward(ws, n, whole, parts)
		gamma, beta := normal(r, c), normal(r, c)
		run, m := [4][]float32{make([]float32, c), make([]float32, c), make([]float32, c), make([]float32, c)}, [2]Moments{NewMoments(c), NewMoments(c)}
		b := j.of(c)
		b.Train(ws, n, want, whole, nil, gamma, beta, run[0], run[1], m[0])
		j.Settle(n, sums, gamma, beta, run[2], run[3], m[1])
		j.Apply(ws, n, got, parts, m[1])
		if !slices.Equal(got, want) || !slices.Equal(run[0], run[2]) || !slices.Equal(run[1], run[3]) {
			t.Fatalf("relu %v: results or statistics differ", relu)
		}

		dy := blocked(ws, n, c, normal(r, n*c*plane))
		grads := [4][]float32{make([]float32, c), make([]float32, c), make([]float32, c), make([]float32, c)}
		dx := dirty(size)
		b.Backward(ws, n, dx, dy, whole, gamma, m[0], grads[0], grads[1])
		const wide = 40
		image, more := Blocks(c)*plane*Lanes, (Blocks(wide)-Blocks(c))*plane*Lanes
		to := make([]float32, n*(image+more))
		for i := range to {
			to[i] = float32(i % 7)
		}
		for _, add := range []bool{true, false} {
			before := slices.Clone(to)
			j.Backward(ws, n, wide, add, to, dy, parts, gamma, m[1], grads[2], grads[3])
			for i, v := range to {
				at := i % (image + more)
				want := before[i]
				if at < image {
					g := dx[i/(image+more)*image+at]
					if want += g; !add {
						want = g
					}
				}
				if v != want {
					t.Fatalf("relu %v, add %v: value %d is %v, want %v", relu, add, i, v, want)
				}
			}
			if !slices.Equal(grads[0], grads[2]) || !slices.Equal(grads[1], grads[3]) {
				t.Fatal("gradients of gamma or beta differ")
			}
		}
	}
}

// A convolution that norms its input by the way gives the bits of one behind the
// norm.
func TestNormedConvGivesTheSameBits(t *testing.T) {
	const n = 3
	for _, m := range machines {
		r := rand.New(rand.NewPCG(8, 3))
		c, err := newConv(ConvShape{In: 360, Out: 72, H: 9, W: 13, KH: 1, KW: 1, Batch: n}, m)
		if err != nil || !c.TakesNormed() {
			t.Fatalf("it does not take norms; %v", err)
		}
		x := Normed{Norm: JointNorm{C: []int{256, 32, 72}, Plane: c.H * c.W, ReLU: true, machine: m}, Moments: NewMoments(c.In)}
		for _, k := range x.Norm.C {
			x.Parts = append(x.Parts, normal(r, n*k*c.H*c.W))
		}
		for _, moment := range [][]float32{x.Moments.Scale, x.Moments.Offset} {
			copy(moment, normal(r, c.In))
		}
		ws := NewWorkspaceOf(2)
		packed := c.Pack(ws, normal(r, c.WeightSize()))
		whole, want, got := dirty(n*c.InSize()), dirty(n*c.OutSize()), dirty(n*c.OutSize())
		x.Norm.Apply(ws, n, whole, x.Parts, x.Moments)
		c.Infer(ws, n, want, whole, packed, Epilogue{ReLU: true})
		c.InferNormed(ws, n, got, x, packed, Epilogue{ReLU: true})
		if !sameBits(got, want) {
			t.Errorf("%s: other bits", m.name)
		}
	}
	for _, s := range []ConvShape{{In: 8, Out: 8, H: 9, W: 9, KH: 3, KW: 3}, {In: 8, Out: 8, H: 9, W: 9, KH: 1, KW: 1, StrideH: 2, StrideW: 2}, {In: 64, Out: 64, H: 2, W: 2, KH: 1, KW: 1, Batch: 8}} {
		if c, err := NewConv(s); err != nil || c.TakesNormed() {
			t.Errorf("%+v takes norms; %v", s, err)
		}
	}
}

// An average pool is the mean of its windows, and its gradient hands each of
// their values a quarter.
func TestAveragePool2(t *testing.T) {
	ws := NewWorkspaceOf(2)
	for _, p := range []AveragePool2{{C: 3, H: 4, W: 6}, {C: 9, H: 5, W: 7}, {C: 8, H: 2, W: 3}} {
		r := rand.New(rand.NewPCG(8, 2))
		const n = 2
		outH, outW := p.H/2, p.W/2
		x, dy := normal(r, n*p.C*p.H*p.W), normal(r, n*p.C*outH*outW)
		want, wantBack := make([]float64, len(dy)), make([]float64, len(x))
		for i := range want {
			plane, oy, ox := i/(outH*outW), i/outW%outH, i%outW
			for k := range 4 {
				from := (plane*p.H+2*oy+k/2)*p.W + 2*ox + k%2
				want[i] += float64(x[from]) / 4
				wantBack[from] = float64(dy[i]) / 4
			}
		}
		for _, m := range machines {
			p.machine = m
			y, dx := dirty(n*Blocks(p.C)*outH*outW*Lanes), dirty(n*Blocks(p.C)*p.H*p.W*Lanes)
			plain, back := dirty(len(dy)), dirty(len(x))
			p.Forward(ws, n, y, blocked(ws, n, p.C, x))
			FromBlocks(ws, n, p.C, outH*outW, plain, y)
			check(t, m.name, plain, want, 1e-6)
			p.Backward(ws, n, dx, blocked(ws, n, p.C, dy))
			FromBlocks(ws, n, p.C, p.H*p.W, back, dx)
			check(t, m.name+" back", back, wantBack, 1e-6)
		}
	}
}
