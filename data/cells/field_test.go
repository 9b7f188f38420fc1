package cells

import (
	"bytes"
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
	for label, inNucleus := range map[int]bool{0: true, 2: true, 25: false, 6: false} {
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

func TestUnknownPattern(t *testing.T) {
	if _, err := Field(1, 32, data.LabelsOf(27)); err == nil {
		t.Error("label 27 has no pattern, and no error")
	}
}
