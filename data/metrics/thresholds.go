package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"

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
	list := make([]Threshold, classes)
	column := make([]float64, len(p))
	for n := range list {
		present := 0
		for i, row := range p {
			if len(row) != classes {
				return nil, fmt.Errorf("thresholds: %d probabilities of %d labels", len(row), classes)
			}
			if math.IsNaN(row[n]) {
				return nil, errors.New("thresholds: a probability is no number")
			}
			column[i] = row[n]
			if labels[i].Has(n) {
				present++
			}
		}
		slices.Sort(column)
		list[n] = threshold(column, present)
	}
	return list, nil
}

// threshold chooses one for a label, whose probabilities are sorted.
func threshold(sorted []float64, present int) Threshold {
	best := Threshold{Present: present}
	distance := len(sorted) + 1
	for hundredth := firstThreshold; hundredth <= lastThreshold; hundredth++ {
		value := float64(hundredth) / 100
		below, _ := slices.BinarySearchFunc(sorted, value, func(p, value float64) int {
			if p <= value {
				return -1
			}
			return 1
		})
		predicted := len(sorted) - below
		if d := max(predicted-present, present-predicted); d < distance {
			best.Value, best.Predicted, distance = value, predicted, d
		}
	}
	return best
}
