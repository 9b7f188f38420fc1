package augment

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

func generator(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// drawOperation draws an operation that is always done.
func drawOperation(t *rapid.T, kind string) Operation {
	r := generator(rapid.Uint64().Draw(t, "numbers"))
	o := Operation{Kind: kind, P: 1, Numbers: map[string][]float64{}}
	for _, n := range kinds[kind].numbers {
		o.Numbers[n.name] = n.search(r)
	}
	return o
}

// TestOperations: whatever its numbers, an operation gives the same result from
// the same draw, treats all channels alike, keeps values in their range, and
// keeps the size unless it is RandomScale.
func TestOperations(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				o := drawOperation(t, kind)
				im := noise(rapid.IntRange(0, 1000).Draw(t, "image"), rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h"))
				im.Planes = append(im.Planes, make([]data.Plane, rapid.IntRange(0, data.MaxPlanes-4).Draw(t, "more"))...)
				for c := range im.Planes {
					im.Planes[c] = im.Planes[0]
				}
				a := New(Policy{{{o, {Kind: "InvertImg", P: 0}}}}, 0)
				seed := rapid.Uint64().Draw(t, "seed")
				once, err := a.Apply(im, generator(seed))
				if err != nil {
					t.Fatal(err)
				}
				again, _ := a.Apply(im, generator(seed))
				if digest(once) != digest(again) {
					t.Fatal("the same draw gives another result")
				}
				for _, p := range once.Planes[1:] {
					if !bytes.Equal(p.U8, once.Planes[0].U8) {
						t.Fatal("channels are treated differently")
					}
				}
				if pixels := once.Width * once.Height; kind != "RandomScale" && pixels != im.Width*im.Height {
					t.Fatalf("%dx%d became %dx%d", im.Width, im.Height, once.Width, once.Height)
				}
			})
		})
	}
}

// TestFlat: an image of one value stays so; what moves pixels does not change it.
func TestFlat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		value := rapid.Uint8().Draw(t, "value")
		im := data.NewImage(40, 30, rapid.IntRange(1, data.MaxPlanes).Draw(t, "planes"), 8)
		for _, p := range im.Planes {
			for i := range p.U8 {
				p.U8[i] = value
			}
		}
		out, err := New(Policy{{{drawOperation(t, kind), {Kind: "InvertImg"}}}}, 0).Apply(im, generator(rapid.Uint64().Draw(t, "seed")))
		if err != nil {
			t.Fatal(err)
		}
		first := out.Planes[0].U8[0]
		for _, p := range out.Planes {
			for _, v := range p.U8 {
				if v != first {
					t.Fatalf("%s made %d and %d of %d", kind, first, v, value)
				}
			}
		}
		moves := kind != "InvertImg" && kind != "RandomBrightness" && kind != "RandomContrast" && kind != "RandomGamma"
		if moves && first != value || kind == "InvertImg" && first != 255-value {
			t.Fatalf("%s made %d of %d", kind, first, value)
		}
	})
}

// TestNothing: with limits of zero, or a probability of zero, only turns and
// flips remain, and drawing them does not depend on the policy.
func TestNothing(t *testing.T) {
	im := noise(5, 40, 60)
	zero := func(kind string, names ...string) Operation {
		o := Operation{Kind: kind, P: 1, Numbers: map[string][]float64{}}
		for _, n := range names {
			o.Numbers[n] = []float64{0}
		}
		return o
	}
	elastic := zero("ElasticTransform", "alpha", "alpha_affine")
	elastic.Numbers["sigma"] = []float64{30}
	for _, o := range []Operation{
		zero("RandomContrast", "limit"), zero("RandomBrightness", "limit"), zero("Rotate", "limit"), zero("RandomScale", "scale_limit"),
		zero("ShiftScaleRotate", "shift_limit", "scale_limit", "rotate_limit"), elastic, {Kind: "InvertImg", P: 0},
	} {
		p := Policy{{{o, o}}}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(20) {
			got, err := New(p, 0).Apply(im, generator(seed))
			if err != nil {
				t.Fatal(err)
			}
			want, _ := New(nil, 0).Apply(im, generator(seed))
			if digest(got) != digest(want) {
				t.Errorf("%s with limits of zero is not nothing", o.Kind)
			}
		}
	}
}

// TestDihedral: all eight symmetries come up, as often as three draws of 1/2
// make them, and 16 bits pass when there is no policy.
func TestDihedral(t *testing.T) {
	counts := map[pixel.Dihedral]int{}
	r := generator(1)
	const n = 40000
	for range n {
		counts[drawDihedral(r)]++
	}
	if len(counts) != 8 {
		t.Fatal(counts)
	}
	for d, c := range counts {
		if share := float64(c) / n; share < .08 || share > .2 {
			t.Errorf("symmetry %03b comes up in %.3f of draws", d, share)
		}
	}
	deep := data.NewImage(8, 8, 4, 16)
	if out, err := New(nil, 4).Apply(deep, r); err != nil || out.Depth() != 16 || out.Width != 4 {
		t.Errorf("16 bits without a policy: %v", err)
	}
	if _, err := New(Best(), 4).Apply(deep, r); err == nil {
		t.Error("16 bits with a policy are not refused")
	}
}

// TestField: the deviation is alpha/(sigma*sqrt(12*pi)), and neighbours at
// sigma*2 pixels have a correlation of 1/e.
func TestField(t *testing.T) {
	const sigma, alpha, size = 8, 100, 256 // all far above what is seen
	var squares, products, n float64
	a, b := make([]float32, size), make([]float32, size)
	for seed := range uint64(6) {
		f := newField(generator(seed), size, size, alpha, sigma)
		for y := 40; y < size-40-2*sigma; y++ {
			f.row(y, a)
			f.row(y+2*sigma, b)
			for x := 40; x < size-40; x++ {
				squares += float64(a[x]) * float64(a[x])
				products += float64(a[x]) * float64(b[x])
				n++
			}
		}
	}
	want := alpha / (sigma * math.Sqrt(12*math.Pi))
	if got := math.Sqrt(squares / n); math.Abs(got/want-1) > .1 {
		t.Errorf("deviation %.3f, want %.3f", got, want)
	}
	if got := products / squares; math.Abs(got-1/math.E) > .08 {
		t.Errorf("correlation %.3f, want %.3f", got, 1/math.E)
	}
}

// BenchmarkBest is the best policy on 512 pixels; ../../bench has OpenCV's time.
func BenchmarkBest(b *testing.B) {
	im := noise(1, 512, 512)
	a := New(Best(), 512)
	r := generator(1)
	for b.Loop() {
		if _, err := a.Apply(im, r); err != nil {
			b.Fatal(err)
		}
	}
}
