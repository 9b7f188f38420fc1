package metrics

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/goldentest"
)

// noise is what testdata/thresholds.py draws tables from, in 0..1.
func noise(name string, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(goldentest.Hash(name, i)>>16) / 65536
	}
	return v
}

// goldenTable is thresholds.py's table.
func goldenTable(name string, rows, classes int) (p [][]float64, labels []data.Labels) {
	steps := map[string]float64{"fine": 10000, "hundredths": 100, "coarse": 10, "halves": 2, "one": 10000}[name]
	fixed := map[int]float64{1: .5, 2: .05, 3: .99, 4: 0, 5: 1}
	ps, ys := noise(name+"/p", rows*classes), noise(name+"/y", rows*classes)
	for i := range rows {
		row, l := make([]float64, classes), data.Labels(0)
		for n := range row {
			row[n] = math.Floor(ps[i*classes+n]*(steps+1)) / steps
			if v, is := fixed[n]; is {
				row[n] = v
			}
			has := ys[i*classes+n] < float64(n%7)/8
			if n == 6 || n != 7 && has {
				l |= data.LabelsOf(n)
			}
			if n == 8 {
				row[n] = .1
				if has {
					row[n] = .9
				}
			}
		}
		p, labels = append(p, row), append(labels, l)
	}
	return p, labels
}

// Ties, constant columns, columns equal to a threshold, labels that all
// samples have or none: thresholds and scores are numpy's.
func TestThresholdsEqualNumpy(t *testing.T) {
	var cases []struct {
		Name           string
		Rows           int
		Thresholds, F1 []float64
		MacroF1        float64 `json:"macro_f1"`
		MacroF1Present float64 `json:"macro_f1_present"`
		Guess          float64
	}
	text, err := os.ReadFile("testdata/thresholds.json")
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		classes := len(c.Thresholds)
		p, labels := goldenTable(c.Name, c.Rows, classes)
		got, err := Calibrate(p, labels, classes)
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range c.Thresholds {
			if got.Thresholds[n].Value != want {
				t.Errorf("%s: label %d has threshold %v, numpy's is %v", c.Name, n, got.Thresholds[n], want)
			}
		}
		r := got.Result
		for n, want := range c.F1 {
			near(t, c.Name+": F1", r.F1[n], want)
		}
		near(t, c.Name+": macro F1", r.MacroF1, c.MacroF1)
		near(t, c.Name+": macro F1 of labels present", r.MacroF1Present, c.MacroF1Present)
		near(t, c.Name+": guessing", got.GuessedPresent, c.Guess)
	}
}

// The rule, word by word, on random columns: no other threshold is closer, and
// no earlier one as close.
func TestThresholdIsTheFirstClosest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "samples")
		levels := rapid.SampledFrom([]int{1, 2, 20, 100, 10000}).Draw(t, "levels")
		var p [][]float64
		var labels []data.Labels
		present := 0
		for range n {
			p = append(p, []float64{float64(rapid.IntRange(0, levels).Draw(t, "p")) / float64(levels)})
			has := rapid.IntRange(0, 1).Draw(t, "y")
			present += has
			labels = append(labels, data.Labels(has))
		}
		got, err := Thresholds(p, labels, 1)
		if err != nil {
			t.Fatal(err)
		}
		off := func(value float64) int {
			predicted := 0
			for _, row := range p {
				if row[0] > value {
					predicted++
				}
			}
			return max(predicted-present, present-predicted)
		}
		for h := 5; h < 100; h++ {
			value := float64(h) / 100
			if d := off(value) - off(got[0].Value); d < 0 || d == 0 && value < got[0].Value {
				t.Fatalf("%v was chosen, off by %d; %v is off by %d", got[0].Value, off(got[0].Value), value, off(value))
			}
		}
	})
}

// What guessing is said to reach is what it reaches.
func TestGuessing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	often := []float64{.5, .2, .05, 0}
	draw := func() (l data.Labels) {
		for n, f := range often {
			if rng.Float64() < f {
				l |= data.LabelsOf(n)
			}
		}
		return l
	}
	var labels []data.Labels
	e := NewEpoch(len(often))
	for range 200_000 {
		l := draw()
		labels = append(labels, l)
		e.Decide(draw(), l)
	}
	if got, want := GuessedF1Present(labels, len(often)), e.Result().MacroF1Present; math.Abs(got-want) > .005 {
		t.Errorf("guessing is expected to reach %v, and reached %v", got, want)
	}
}

func TestThresholdsRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		p      [][]float64
		labels []data.Labels
	}{
		"no samples":     {nil, nil},
		"other lengths":  {[][]float64{{1, 1}}, []data.Labels{0, 0}},
		"other labels":   {[][]float64{{1}}, []data.Labels{0}},
		"not a number":   {[][]float64{{1, math.NaN()}}, []data.Labels{0}},
		"a ragged table": {[][]float64{{1, 1}, {1, 1, 1}}, []data.Labels{0, 0}},
	} {
		if got, err := Thresholds(c.p, c.labels, 2); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}
