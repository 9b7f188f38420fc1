package metrics

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Five samples of four labels, counted by hand.
func TestResult(t *testing.T) {
	e := NewEpoch(4)
	add := func(logits, targets []float32, loss float64) {
		t.Helper()
		if err := e.Add(logits, targets, loss); err != nil {
			t.Fatal(err)
		}
	}
	add([]float32{
		3, -1, -2, 0, // 0 is not above one half
		.1, 2, -3, -1,
		-5, 1, -1, -2,
	}, []float32{
		1, 0, 0, 1,
		0, 1, 0, 0,
		1, 1, 0, 0,
	}, .5)
	add([]float32{
		1, 1, -1, -1,
		-1, -1, -1, -1,
	}, []float32{
		1, 0, 0, 1,
		0, 0, 0, 0,
	}, 1)
	r := e.Result()
	near(t, "label 0", r.F1[0], 2./3)
	near(t, "label 1", r.F1[1], .8)
	near(t, "label 2, never there", r.F1[2], 0)
	near(t, "label 3, always missed", r.F1[3], 0)
	near(t, "macro F1", r.MacroF1, (2./3+.8)/4)
	near(t, "macro F1 of labels present", r.MacroF1Present, (2./3+.8)/3)
	near(t, "accuracy", r.Accuracy, 15./20)
	near(t, "loss", r.Loss, .7)
	if r.Samples != 5 {
		t.Errorf("%d samples, want 5", r.Samples)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 1e-12) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// However the samples are cut into batches, the scores are the same.
func TestBatchesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const classes = 3
		logits := rapid.SliceOfN(rapid.Float32Range(-2, 2), 24, 24).Draw(t, "logits")
		targets := make([]float32, len(logits))
		for i := range targets {
			targets[i] = float32(rapid.IntRange(0, 1).Draw(t, "target"))
		}
		whole, parts := NewEpoch(classes), NewEpoch(classes)
		err := whole.Add(logits, targets, 1)
		cut := classes * rapid.IntRange(1, 7).Draw(t, "cut")
		for _, e := range []error{err, parts.Add(logits[:cut], targets[:cut], 1), parts.Add(logits[cut:], targets[cut:], 1)} {
			if e != nil {
				t.Fatal(e)
			}
		}
		a, b := whole.Result(), parts.Result()
		if a.MacroF1 != b.MacroF1 || a.Accuracy != b.Accuracy || a.MacroF1Present != b.MacroF1Present {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

func TestAddRefusesOtherLengths(t *testing.T) {
	e := NewEpoch(2)
	for _, c := range [][2]int{{0, 0}, {3, 3}, {4, 2}} {
		if e.Add(make([]float32, c[0]), make([]float32, c[1]), 0) == nil {
			t.Errorf("%d logits and %d targets were taken", c[0], c[1])
		}
	}
	if r := e.Result(); r.MacroF1 != 0 || r.Loss != 0 || r.Accuracy != 0 {
		t.Errorf("nothing added: %+v", r)
	}
}
