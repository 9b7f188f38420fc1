package metrics

import (
	"errors"
	"fmt"
	"math"

	"hpaflow/data"
)

// Threshold is where a label's probabilities are cut.
type Threshold struct {
	Value     float64 // a probability above it, not one equal to it, decides for the label
	Present   int     // samples that have the label
	Predicted int     // samples the label is decided for
}

// Thresholds are tried in hundredths, from the first to the last.
const (
	firstThreshold = 5
	lastThreshold  = 99
)

// Thresholds chooses a threshold for each label: of 0.05, 0.06 .. 0.99 the
// first that makes the share of samples the label is predicted for closest to
// the share that have it. p is (samples,labels), in 0..1.
//
// Shares are compared as the whole numbers they are shares of, so that two that
// are equally far off are equal, whatever float64 makes of them; and the
// thresholds are the float64 nearest to each hundredth, so that a probability
// written as 0.3500 equals the threshold 0.35.
func Thresholds(p [][]float64, labels []data.Labels, classes int) ([]Threshold, error) {
	if len(p) == 0 || len(p) != len(labels) {
		return nil, fmt.Errorf("thresholds: probabilities of %d samples, labels of %d", len(p), len(labels))
	}
	present := make([]int, classes)
	tallies := make([]labelTally, classes)
	for i, row := range p {
		if len(row) != classes {
			return nil, fmt.Errorf("thresholds: %d probabilities of %d labels", len(row), classes)
		}
		for n, v := range row {
			if math.IsNaN(v) {
				return nil, errors.New("thresholds: a probability is no number")
			}
			tallies[n][reach(v)]++
			if labels[i].Has(n) {
				present[n]++
			}
		}
	}
	list := make([]Threshold, classes)
	for n := range list {
		list[n] = tallies[n].choose(present[n])
	}
	return list, nil
}

// labelTally counts a label's probabilities by the thresholds they are above:
// those from the first up to, but not including, hundredth h are in place h.
type labelTally [lastThreshold + 2]int

// hundredths are the thresholds' values.
var hundredths = func() (v [lastThreshold + 1]float64) {
	for h := range v {
		v[h] = float64(h) / 100
	}
	return v
}()

// reach is the first hundredth, of those that are tried, that a probability is
// not above; lastThreshold+1 if it is above all.
func reach(p float64) int {
	h := max(firstThreshold, min(int(p*100), lastThreshold+1))
	for h <= lastThreshold && hundredths[h] < p { // the product may have been rounded down
		h++
	}
	for h > firstThreshold && hundredths[h-1] >= p { // or up
		h--
	}
	return h
}

// choose chooses the threshold of a label that so many samples have.
func (t *labelTally) choose(present int) Threshold {
	predicted := 0 // by the threshold before the first: all
	for _, n := range t {
		predicted += n
	}
	best := Threshold{Present: present}
	distance := predicted + 1
	for h := firstThreshold; h <= lastThreshold; h++ {
		predicted -= t[h]
		if d := max(predicted-present, present-predicted); d < distance {
			best.Value, best.Predicted, distance = hundredths[h], predicted, d
		}
	}
	return best
}
