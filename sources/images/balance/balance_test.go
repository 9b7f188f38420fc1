package balance

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/table"
)

// Rows are weighed as written, and come as often as PyTorch's sampler draws them.
func TestRowsComeAsPyTorchDrawsThem(t *testing.T) {
	var golden struct {
		Labels         [][]int
		Weights, Share []float64
	}
	text, err := os.ReadFile("testdata/sampler.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	var rows []table.Row
	for i, labels := range golden.Labels {
		rows = append(rows, table.Row{ID: fmt.Sprint(i), Labels: data.LabelsOf(labels...)})
	}
	s := New(rows)
	var sum float64
	for i, w := range golden.Weights {
		if sum += w; math.Abs(s.upTo[i]-sum) > 1e-12 {
			t.Errorf("the weights up to row %d are %v, want %v", i, s.upTo[i], sum)
		}
	}
	const epochs = 20000
	drawn := make([]float64, len(rows))
	for epoch := range epochs {
		order := s.Order(7, epoch)
		if len(order) != len(rows) {
			t.Fatalf("epoch %d has %d rows", epoch, len(order))
		}
		for _, i := range order {
			drawn[i]++
		}
	}
	for i, want := range golden.Share {
		if got := drawn[i] / float64(epochs*len(rows)); math.Abs(got-want) > .002 {
			t.Errorf("row %d is %.4f of all that is drawn, want %.4f", i, got, want)
		}
	}
	if !slices.Equal(s.Order(7, 3), s.Order(7, 3)) || slices.Equal(s.Order(7, 3), s.Order(7, 4)) || slices.Equal(s.Order(7, 3), s.Order(8, 3)) {
		t.Error("an order does not follow from seed and epoch")
	}
}

func TestKeys(t *testing.T) {
	for n, want := range []string{"a", "a#2", "a#3"} {
		if got := Key("a", n); got != want {
			t.Errorf("after %d: %q", n, got)
		}
	}
}
