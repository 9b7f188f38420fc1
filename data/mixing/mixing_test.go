package mixing

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

type golden struct {
	Cases []struct {
		Norm   data.Norm
		N      int
		Lambda float64
		Centre []int
		Y      []float32
		MixedX []float32 `json:"mixed_x"`
		MixedY []float32 `json:"mixed_y"`
	}
	Boxes         [][]float64
	Distributions []struct {
		Alpha     float64
		At, Below []float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	text, err := os.ReadFile("testdata/mixup.json")
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Batches of raw pixels of 8 and of 16 bits, and normalised ones, are mixed as
// timm mixes them.
func TestMixedBatchesAreTimms(t *testing.T) {
	const c, h, w, classes = 2, 6, 7, 4
	for _, g := range readGolden(t).Cases {
		m := Mix{Lambda: g.Lambda}
		if g.Centre != nil {
			m = boxed(g.Lambda, h, w, g.Centre[0], g.Centre[1])
		}
		for _, form := range []string{"u8", "u16", "float"} {
			b := &data.Batch{N: g.N, C: c, H: h, W: w, Classes: classes, Norm: g.Norm, Y: slices.Clone(g.Y)}
			for i := range g.N * c * h * w {
				v := (i*i*31 + i*17) % 251
				b.U8, b.U16 = append(b.U8, uint8(v)), append(b.U16, uint16(v)*257)
			}
			switch form {
			case "u8":
				b.U16 = nil
			case "u16":
				b.U8 = nil
			case "float":
				b.U16 = nil
				b.X = seen(b)
				b.U8 = nil
			}
			raw := m.CutMix && g.Norm == data.NormFixed && form != "float"
			if want := !raw && form != "float"; m.Floats(b) != want {
				t.Errorf("%s %s %+v: floats are needed: %v", form, g.Norm, m, !want)
			}
			m.Apply(b, make([]float32, b.Pixels()))
			if raw == (b.X != nil) {
				t.Errorf("%s %s %+v: the pixels are raw: %v", form, g.Norm, m, b.X == nil)
			}
			near(t, "pixels of "+form, seen(b), g.MixedX, 2e-6)
			near(t, "targets", b.Y, g.MixedY, 1e-7)
		}
	}
}

// seen is a batch as a network sees it.
func seen(b *data.Batch) []float32 {
	x, size := make([]float32, b.Pixels()), b.H*b.W
	for i := range b.N * b.C {
		pixel.NormalisedPlane(x[i*size:(i+1)*size], nil, b, i, pixel.Identity)
	}
	return x
}

func near(t *testing.T, what string, got, want []float32, within float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= within) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestBoxesAreTimms(t *testing.T) {
	for _, g := range readGolden(t).Boxes {
		m := boxed(g[2], int(g[0]), int(g[1]), int(g[3]), int(g[4]))
		got := []float64{float64(m.Top), float64(m.Bottom), float64(m.Left), float64(m.Right)}
		if !slices.Equal(got, g[5:9]) || math.Abs(m.Lambda-g[9]) > 1e-12 {
			t.Errorf("%v: box %v, lambda %v", g, got, m.Lambda)
		}
	}
}

// Shares are of the distribution that numpy draws of, either way is taken as
// often, and the middle of a box lies anywhere.
func TestDraws(t *testing.T) {
	const draws = 20000
	r := rand.New(rand.NewPCG(1, 2))
	for _, g := range readGolden(t).Distributions {
		below := make([]float64, len(g.At))
		for range draws {
			lambda := Options{Mixup: g.Alpha}.Draw(r, 8, 8).Lambda
			for i, at := range g.At {
				if lambda < at {
					below[i]++
				}
			}
		}
		for i, want := range g.Below {
			if got := below[i] / draws; math.Abs(got-want) > .02 {
				t.Errorf("alpha %v: %.3f of the shares are below %v, want %.3f", g.Alpha, got, g.At[i], want)
			}
		}
	}
	cut, top := 0, 0
	for range draws {
		m := Options{Mixup: 1, CutMix: 1}.Draw(r, 64, 64)
		if m.CutMix {
			cut++
			if m.Top+m.Bottom < 64 {
				top++
			}
		}
	}
	if math.Abs(float64(cut)/draws-.5) > .02 || math.Abs(float64(top)/float64(cut)-.5) > .03 {
		t.Errorf("of %d draws %d are CutMix, and %d of their boxes in the upper half", draws, cut, top)
	}
}

// Any alpha that is allowed gives a share.
func TestSharesOfSmallAlphas(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, alpha := range []float64{1e-300, 1e-9, 1e-3, .01, MaxAlpha} {
		ones := 0
		for range 1000 {
			lambda := share(r, alpha)
			if !(lambda >= 0 && lambda <= 1) {
				t.Fatalf("alpha %v gave %v", alpha, lambda)
			}
			if lambda > .5 {
				ones++
			}
		}
		if ones < 400 || ones > 600 {
			t.Errorf("alpha %v: %d of 1000 shares are above one half", alpha, ones)
		}
	}
	for o, right := range map[Options]bool{{}: true, {Mixup: .2, CutMix: 1}: true, {Mixup: -1}: false, {CutMix: math.NaN()}: false, {CutMix: 101}: false} {
		if (o.Validate() == nil) != right {
			t.Errorf("%+v: %v", o, o.Validate())
		}
	}
}
