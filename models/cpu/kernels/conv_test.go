package kernels

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Every kind of tile computes what the definition says, on shapes with every
// sort of tail: channels and positions that fill no tile, strides that fit no
// size, windows that lie in the padding altogether.
func TestConvAgreesWithDefinition(t *testing.T) {
	ws := NewWorkspace()
	rapid.Check(t, func(t *rapid.T) {
		s := drawConv(t)
		n := rapid.IntRange(1, 5).Draw(t, "n")
		compareConv(t, ws, s, n, rapid.Uint64().Draw(t, "seed"))
	})
}

// The layers that the property is unlikely to draw: blocks of depth and
// columns that fill, bands of rows, several images a tile.
func TestConvLargeShapes(t *testing.T) {
	ws := NewWorkspace()
	n := 6
	if raced {
		n = 1
	}
	for _, s := range largeShapes() {
		compareConv(t, ws, withDefaults(s), n, 1)
	}
}

func largeShapes() []ConvShape {
	return []ConvShape{
		{In: 4, Out: 64, H: 40, W: 72, KH: 7, KW: 7, StrideH: 2, StrideW: 2, PadH: 3, PadW: 3, Plain: true},
		{In: 64, Out: 64, H: 20, W: 24, KH: 3, KW: 3, PadH: 1, PadW: 1, Batch: 6},
		{In: 21, Out: 35, H: 13, W: 18, KH: 3, KW: 3, PadH: 1, PadW: 1, Batch: 6},
		{In: 40, Out: 16, H: 17, W: 15, KH: 3, KW: 3, PadH: 2, PadW: 0, Batch: 6},
		{In: 64, Out: 128, H: 12, W: 12, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 32},
		{In: 32, Out: 32, H: 30, W: 35, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 8, Batch: 2}, // minimal form of merged groups
		{In: 24, Out: 24, H: 17, W: 130, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 6},          // of four channels each
		{In: 8, Out: 8, H: 1, W: 1, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 2},
		{In: 72, Out: 36, H: 17, W: 19, KH: 3, KW: 3, PadH: 2, Groups: 3, Batch: 3},
		{In: 256, Out: 256, H: 7, W: 9, KH: 3, KW: 3, StrideH: 2, StrideW: 2, PadH: 1, PadW: 1, Groups: 32},
		{In: 136, Out: 128, H: 8, W: 7, KH: 3, KW: 3, PadH: 1, PadW: 1, Batch: 16}, // kernels larger than images
		{In: 80, Out: 192, H: 30, W: 31, KH: 1, KW: 1},
		{In: 330, Out: 424, H: 7, W: 9, KH: 1, KW: 1}, // several chunks, images that share a piece
		{In: 96, Out: 40, H: 4, W: 4, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 33, Out: 65, H: 19, W: 21, KH: 3, KW: 3, StrideH: 2, StrideW: 2, PadH: 1, PadW: 1},
		{In: 64, Out: 32, H: 9, W: 9, KH: 1, KW: 1, StrideH: 2, StrideW: 2},
		{In: 16, Out: 24, H: 1, W: 9, KH: 1, KW: 1, StrideH: 2, StrideW: 2},
		{In: 16, Out: 24, H: 9, W: 1, KH: 1, KW: 1, StrideW: 3}, // strides along a side of one position
		{In: 16, Out: 24, H: 1, W: 1, KH: 1, KW: 1, StrideH: 2, StrideW: 2},
		{In: 8, Out: 8, H: 50, W: 60, KH: 1, KW: 7, PadW: 3},
		{In: 40, Out: 35, H: 14, W: 14, KH: 1, KW: 7, PadW: 3, Batch: 2}, // minimal form along rows
		{In: 21, Out: 24, H: 17, W: 15, KH: 7, KW: 1, PadH: 3, Batch: 2}, // and along columns
		{In: 64, Out: 32, H: 13, W: 30, KH: 5, KW: 5, PadH: 2, PadW: 2, Batch: 2},
		{In: 48, Out: 16, H: 20, W: 12, KH: 7, KW: 7, PadH: 1, PadW: 6, Batch: 2},
		{In: 16, Out: 57, H: 11, W: 24, KH: 3, KW: 5, PadH: 2, Batch: 2},
		{In: 350, Out: 17, H: 23, W: 9, KH: 5, KW: 1, PadH: 4, Batch: 2},
		{In: 56, Out: 152, H: 2, W: 2, KH: 3, KW: 3, PadH: 1, PadW: 1, Batch: 6}, // planes smaller than tiles
		{In: 136, Out: 56, H: 5, W: 4, KH: 3, KW: 3, StrideH: 2, StrideW: 2, PadH: 1, PadW: 1, Batch: 6},
		{In: 61, Out: 67, H: 5, W: 3, KH: 1, KW: 1, StrideH: 2, StrideW: 2, Batch: 6},
		{In: 64, Out: 72, H: 3, W: 3, KH: 1, KW: 1, Batch: 6},
		{In: 64, Out: 128, H: 2, W: 3, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 16, Batch: 6},
		{In: 56, Out: 56, H: 1, W: 4, KH: 1, KW: 7, PadW: 3, Batch: 6},
		{In: 64, Out: 64, H: 1, W: 2, KH: 3, KW: 3, PadH: 2, PadW: 2, Batch: 6}, // positions that no tap reaches
		{In: 4, Out: 8, H: 3, W: 1100, KH: 3, KW: 3, PadH: 1, PadW: 1},
		{In: 16, Out: 16, H: 40, W: 67, KH: 7, KW: 7, PadH: 3, PadW: 3, Groups: 16}, // depthwise: several bands
		{In: 11, Out: 11, H: 5, W: 13, KH: 7, KW: 7, PadH: 3, PadW: 3, Groups: 11},
		{In: 8, Out: 8, H: 2, W: 1, KH: 7, KW: 7, PadH: 3, PadW: 3, Groups: 8},
		{In: 8, Out: 8, H: 1, W: 6, KH: 7, KW: 7, PadH: 3, PadW: 3, Groups: 8},
		{In: 24, Out: 24, H: 16, W: 16, KH: 7, KW: 7, PadH: 3, PadW: 3, Groups: 24},
	}
}

func withDefaults(s ConvShape) ConvShape {
	c, err := NewConv(s)
	if err != nil {
		panic(err)
	}
	return c.ConvShape
}

func drawConv(t *rapid.T) ConvShape {
	small, pad, size := rapid.IntRange(1, 3), rapid.IntRange(0, 4), rapid.IntRange(1, 5)
	groups, channels, width := rapid.IntRange(1, 3), rapid.IntRange(1, 12), size
	switch rapid.SampledFrom([]string{"any", "pointwise", "quads"}).Draw(t, "kind") { // few shapes are so by chance
	case "pointwise":
		pad, size, width = rapid.Just(0), rapid.Just(1), rapid.Just(1)
	case "quads":
		groups, channels, width = rapid.SampledFrom([]int{2, 4}), rapid.Just(quad), rapid.Just(quadTaps)
		small = rapid.SampledFrom([]int{1, 1, 1, 2})
	}
	g := groups.Draw(t, "groups")
	s := ConvShape{
		In: g * channels.Draw(t, "in"), Out: g * channels.Draw(t, "out"), Groups: g,
		KH: size.Draw(t, "kh"), KW: width.Draw(t, "kw"),
		StrideH: small.Draw(t, "sh"), StrideW: small.Draw(t, "sw"),
		DilationH: small.Draw(t, "dh"), DilationW: small.Draw(t, "dw"),
		Batch: rapid.SampledFrom([]int{0, 64}).Draw(t, "batch"), PadH: pad.Draw(t, "ph"), PadW: pad.Draw(t, "pw"),
		Plain: g == 1 && rapid.Bool().Draw(t, "plain"),
	}
	leastH := max(1, s.DilationH*(s.KH-1)+1-2*s.PadH)
	leastW := max(1, s.DilationW*(s.KW-1)+1-2*s.PadW)
	s.H = leastH + rapid.SampledFrom(beyond[:12]).Draw(t, "h")
	s.W = leastW + rapid.SampledFrom(beyond).Draw(t, "w")
	return s
}

// beyond is how much larger a side is than the least: often not at all.
var beyond = []int{0, 0, 0, 0, 1, 2, 3, 4, 6, 7, 8, 12, 16, 19, 20}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func compareConv(t failer, ws *Workspace, s ConvShape, n int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	x, w := normal(r, n*s.In*s.H*s.W), normal(r, s.WeightSize())
	dy := normal(r, n*s.Out*s.OutH()*s.OutW())
	y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
	naiveForward(s, n, y, x, w)
	naiveBackwardData(s, n, dx, dy, w)
	naiveBackwardWeights(s, n, dw, dy, x)
	for _, m := range machines {
		c, err := newConv(s, m)
		if err != nil {
			t.Fatalf("%v", err)
		}
		gotY, gotX, gotW := make([]float32, len(y)), make([]float32, len(x)), dirty(len(dw))
		from, grad := x, blocked(ws, n, s.Out, dy)
		if !s.Plain {
			from = blocked(ws, n, s.In, x)
		}
		out := dirty(n * s.OutSize())
		c.Forward(ws, n, out, from, w)
		faults := []error{spare(n, s.Out, out)}
		FromBlocks(ws, n, s.Out, s.OutH()*s.OutW(), gotY, out)
		for _, p := range []Packed{c.Pack(ws, w), {weights{plain: w}}} {
			again := dirty(len(out))
			c.Infer(ws, n, again, from, p, Epilogue{})
			if c.infer == method(c.forward) {
				if !sameBits(again, out) {
					t.Fatalf("%s: %+v: inference gives other bits than training", m.name, s)
				}
				continue
			}
			if err := errors.Join(spare(n, s.Out, again), nearlyEqual("inference", again, out)); err != nil {
				t.Fatalf("%s: %+v: %v", m.name, s, err)
			}
		}
		faults = append(faults, endsWell(c, ws, n, from, w))
		c.BackwardWeights(ws, n, gotW, grad, from)
		faults = append(faults, near("forward", gotY, y), near("backward weights", gotW, dw))
		if !s.Plain {
			out = dirty(n * s.InSize())
			c.BackwardData(ws, n, out, grad, w)
			FromBlocks(ws, n, s.In, s.H*s.W, gotX, out)
			faults = append(faults, spare(n, s.In, out), near("backward data", gotX, dx))
		}
		for _, err := range faults {
			if err != nil {
				t.Fatalf("%s: %+v: %v", m.name, s, err)
			}
		}
	}
}

// endsWell holds a prediction with everything that follows, whose result takes the place
// of the residual, against one with nothing.
func endsWell(c *Conv, ws *Workspace, n int, x, w []float32) error {
	r := rand.New(rand.NewPCG(5, 5))
	p, bare := c.Pack(ws, w), dirty(n*c.OutSize())
	c.Infer(ws, n, bare, x, p, Epilogue{})
	plane := c.OutH() * c.OutW()
	y := blocked(ws, n, c.Out, normal(r, n*c.Out*plane))
	bias := make([]float32, Blocks(c.Out)*Lanes)
	copy(bias, normal(r, c.Out))
	want := make([]float32, len(y))
	for i := range want {
		block := i / Lanes / plane % Blocks(c.Out)
		want[i] = max(0, bare[i]+bias[block*Lanes+i%Lanes]+y[i])
	}
	c.Infer(ws, n, y, x, p, Epilogue{Bias: bias, Residual: y, ReLU: true})
	return near("with bias, residual and ReLU", y, want)
}

// blocked is x (n,c,plane) in blocks.
func blocked(ws *Workspace, n, c int, x []float32) []float32 {
	plane := len(x) / n / c
	y := dirty(n * Blocks(c) * Lanes * plane)
	ToBlocks(ws, n, c, plane, y, x)
	return y
}

// spare says whether the lanes beyond c are zero.
func spare(n, c int, y []float32) error {
	size := len(y) / n / Blocks(c)
	for i, v := range y {
		if ch := i/size%Blocks(c)*Lanes + i%Lanes; ch >= c && v != 0 {
			return fmt.Errorf("channel %d of %d holds %v", ch, c, v)
		}
	}
	return nil
}

// Which thread computes what leaves no trace, and nor do the other images.
func TestConvSameBitsAtAnyThreadCount(t *testing.T) {
	for _, s := range []ConvShape{
		{In: 24, Out: 40, H: 13, W: 11, KH: 3, KW: 3, StrideH: 2, StrideW: 1, PadH: 1, PadW: 1},
		{In: 336, Out: 328, H: 5, W: 4, KH: 1, KW: 1},
		{In: 64, Out: 64, H: 37, W: 29, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 8},
		{In: 24, Out: 24, H: 70, W: 61, KH: 7, KW: 7, PadH: 3, PadW: 3, Groups: 24},
		{In: 24, Out: 24, H: 70, W: 130, KH: 3, KW: 3, PadH: 1, PadW: 1, Groups: 6},
		{In: 328, Out: 40, H: 19, W: 14, KH: 7, KW: 1, PadH: 3},
		{In: 24, Out: 40, H: 31, W: 23, KH: 5, KW: 5, PadH: 2, PadW: 2},
	} {
		sameBitsAtAnyThreadCount(t, withDefaults(s))
	}
}

func sameBitsAtAnyThreadCount(t *testing.T, s ConvShape) {
	const n = 9
	r := rand.New(rand.NewPCG(3, 3))
	x, w, dy := normal(r, n*s.InSize()), normal(r, s.WeightSize()), normal(r, n*s.OutSize())
	c, err := NewConv(s)
	if err != nil {
		t.Fatal(err)
	}
	packed := c.Pack(NewWorkspaceOf(1), w)
	var want [][]float32
	for threads := range 5 {
		ws := NewWorkspaceOf(threads + 1)
		y, predicted, dx, dw := dirty(len(dy)), dirty(len(dy)), dirty(len(x)), dirty(len(w))
		c.Forward(ws, n, y, x, w)
		c.Infer(ws, n, predicted, x, packed, Epilogue{})
		c.BackwardData(ws, n, dx, dy, w)
		c.BackwardWeights(ws, n, dw, dy, x)
		got := [][]float32{y, predicted, dx, dw}
		if want == nil {
			want = got
		}
		for i := range want {
			if !sameBits(got[i], want[i]) {
				t.Errorf("pass %d differs at %d threads", i, threads+1)
			}
		}
		alone := dirty(s.OutSize())
		for i, forward := range []func(){
			func() { c.Forward(ws, 1, alone, x[4*s.InSize():], w) },
			func() { c.Infer(ws, 1, alone, x[4*s.InSize():], packed, Epilogue{}) },
		} {
			if forward(); !sameBits(alone, got[i][4*s.OutSize():5*s.OutSize()]) {
				t.Errorf("image 4 alone differs at %d threads", threads+1)
			}
		}
	}
}

func TestConvRefusesShapes(t *testing.T) {
	for _, s := range []ConvShape{
		{In: 4, Out: 4, H: 2, W: 2, KH: 3, KW: 3},
		{In: 4, Out: 4, H: 2, W: 2, KH: 1, KW: 1, Groups: 3},
		{In: 4, Out: 4, H: 2, W: 2, KH: 1, KW: 1, PadH: -1},
		{In: 0, Out: 4, H: 2, W: 2, KH: 1, KW: 1},
	} {
		if _, err := NewConv(s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}

func normal(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// dirty is an output that still holds what was there before.
func dirty(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.NaN())
	}
	return v
}

// near allows the rounding of sums of some thousand values of size about 1.
func near(what string, got, want []float32) error {
	norm := normOf(want) / math.Sqrt(float64(max(1, len(want))))
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= 1e-4*(norm+math.Abs(float64(want[i])))+1e-6) {
			return fmt.Errorf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
	return nil
}

// nearlyEqual holds the norm of the difference to 1e-5 of the norm.
func nearlyEqual(what string, got, want []float32) error {
	apart := make([]float32, len(want))
	for i := range want {
		apart[i] = got[i] - want[i]
	}
	if share := normOf(apart) / normOf(want); !(share <= 1e-5) {
		return fmt.Errorf("%s: is %.2g of the norm off", what, share)
	}
	return nil
}

func normOf(x []float32) (norm float64) {
	for _, v := range x {
		norm += float64(v) * float64(v)
	}
	return math.Sqrt(norm)
}

func sameBits(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
