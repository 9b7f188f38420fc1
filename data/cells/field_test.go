package cells

import (
	"bytes"
	"math"
	"testing"

	"hpaflow/data"
)

func draw(t *testing.T, seed uint64, labels ...int) *data.Image {
	t.Helper()
	im, err := Field(seed, 96, data.LabelsOf(labels...))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestOnlyGreenDependsOnLabels(t *testing.T) {
	a, b := draw(t, 1, 0), draw(t, 1, 25)
	for i, colour := range data.Colours {
		if same := bytes.Equal(a.Planes[i].U8, b.Planes[i].U8); same == (colour == "green") {
			t.Errorf("%s planes of labels 0 and 25 equal: %v", colour, same)
		}
	}
}

func TestSeedIsEverything(t *testing.T) {
	a, b, c := draw(t, 1, 2, 21), draw(t, 1, 2, 21), draw(t, 2, 2, 21)
	for i := range a.Planes {
		if !bytes.Equal(a.Planes[i].U8, b.Planes[i].U8) || bytes.Equal(a.Planes[i].U8, c.Planes[i].U8) {
			t.Errorf("plane %d does not follow from the seed", i)
		}
	}
}

// TestProteinLiesWhereTheLabelSays compares green where blue shows a nucleus
// with green elsewhere.
func TestProteinLiesWhereTheLabelSays(t *testing.T) {
	for label, inNucleus := range map[int]bool{
		0: true, 2: true, 3: true, 4: true, 5: true, 17: true,
		6: false, 8: false, 11: false, 14: false, 20: false, 21: false, 22: false, 23: false, 25: false,
	} {
		im := draw(t, 7, label)
		var sum, n [2]float64
		for i, b := range im.Planes[2].U8 {
			where := 0
			if b > 90 {
				where = 1
			}
			sum[where] += float64(im.Planes[1].U8[i])
			n[where]++
		}
		if ratio := sum[1] / n[1] / (sum[0] / n[0]); ratio > 1.2 != inNucleus {
			t.Errorf("label %d: green is %.2f times as bright in nuclei as outside", label, ratio)
		}
	}
}

// Every label has a pattern, and no two the same: in the same cells, green of
// two labels differs much more than noise would make it.
func TestPatternsDiffer(t *testing.T) {
	if len(patterns) != len(data.LabelNames) {
		t.Fatalf("%d patterns for %d labels", len(patterns), len(data.LabelNames))
	}
	green := make([][]uint8, len(patterns))
	for n := range green {
		green[n] = draw(t, 5, n).Planes[1].U8
		if d := distance(green[n], draw(t, 5).Planes[1].U8); d < 15 {
			t.Errorf("label %d differs from nothing by %.1f", n, d)
		}
		for m := range n {
			if d := distance(green[n], green[m]); d < 15 {
				t.Errorf("labels %d and %d differ by %.1f", m, n, d)
			}
		}
	}
}

// distance is the root of the mean squared difference of the tenth of the
// pixels that differ most, about: of those that differ by more than noise.
func distance(a, b []uint8) float64 {
	var sum float64
	for i := range a {
		if d := float64(a[i]) - float64(b[i]); math.Abs(d) > 20 {
			sum += d * d
		}
	}
	return math.Sqrt(sum / float64(len(a)/10))
}

// A field is the same at any size, but for detail.
func TestSizeIsDetail(t *testing.T) {
	small, err := Field(3, 144, data.LabelsOf(25))
	if err != nil {
		t.Fatal(err)
	}
	large, err := Field(3, 288, data.LabelsOf(25))
	if err != nil {
		t.Fatal(err)
	}
	var differ int
	for y := range 144 {
		for x := range 144 {
			a, b := small.Planes[1].U8[y*144+x], large.Planes[1].U8[2*y*288+2*x]
			if math.Abs(float64(a)-float64(b)) > 60 {
				differ++
			}
		}
	}
	if differ > 144*144/50 {
		t.Errorf("%d of %d pixels differ", differ, 144*144)
	}
}

func TestUnknownPattern(t *testing.T) {
	if _, err := Field(1, 32, data.LabelsOf(28)); err == nil {
		t.Error("label 28 has no pattern, and no error")
	}
}
