package metrics

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// Curves are those of TensorBoard's plugin, whose script is
// data/tfevents/testdata/summaries.py.
func TestCurvesAreTensorBoards(t *testing.T) {
	var golden struct {
		Predictions, Targets []float32
		Curves               []struct {
			Thresholds int
			Rows       [][]float32
		}
	}
	text, err := os.ReadFile("testdata/prcurves.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	const classes = 3
	for _, g := range golden.Curves {
		c := NewCurves(classes, g.Thresholds)
		for i := 0; i < len(golden.Predictions); i += classes {
			c.Add(golden.Predictions[i:i+classes], golden.Targets[i:i+classes])
		}
		for k, want := range g.Rows {
			curve := c.All()
			if k < c.Labels() {
				curve = c.Of(k)
			}
			got := slices.Concat(curve.TruePositives, curve.FalsePositives, curve.TrueNegatives, curve.FalseNegatives, curve.Precision, curve.Recall)
			if len(got) != len(want) {
				t.Fatalf("%d numbers, want %d", len(got), len(want))
			}
			for i := range want {
				if math.Abs(float64(got[i]-want[i])) > 1e-6 {
					t.Errorf("%d thresholds, curve %d: number %d is %v, want %v", g.Thresholds, k, i, got[i], want[i])
				}
			}
		}
	}
}
