package metrics

import "math"

// Curves gathers precision-recall curves: for each label, how many samples that
// have it, and how many that have it not, are given which probability. The
// thresholds lie at equal distances from 0 to 1, and a probability is counted at
// the last one that it reaches, as TensorBoard's plugin pr_curves does.
type Curves struct {
	thresholds int
	present    [][]int // by label and threshold
	absent     [][]int
}

// NewCurves starts curves of so many labels and thresholds, of which there are at
// least two.
func NewCurves(classes, thresholds int) *Curves {
	c := &Curves{thresholds: thresholds}
	for range classes {
		c.present, c.absent = append(c.present, make([]int, thresholds)), append(c.absent, make([]int, thresholds))
	}
	return c
}

// Add counts a sample: the probabilities of all labels, and its targets, which
// count as present above one half.
func (c *Curves) Add(probabilities, targets []float32) {
	for label, p := range probabilities {
		at := min(max(int(math.Floor(float64(p*float32(c.thresholds-1)))), 0), c.thresholds-1)
		if targets[label] > .5 {
			c.present[label][at]++
		} else {
			c.absent[label][at]++
		}
	}
}

// Curve is precision and recall of a label, or of all together, threshold by
// threshold, with the counts that they follow from.
type Curve struct {
	TruePositives, FalsePositives, TrueNegatives, FalseNegatives []float32
	Precision, Recall                                            []float32
}

// Labels is how many labels there are.
func (c *Curves) Labels() int { return len(c.present) }

// Of is the curve of a label.
func (c *Curves) Of(label int) Curve { return curveOf(c.present[label], c.absent[label]) }

// All is that of all labels together, every decision counted alike.
func (c *Curves) All() Curve {
	present, absent := make([]int, c.thresholds), make([]int, c.thresholds)
	for label := range c.present {
		for i := range present {
			present[i] += c.present[label][i]
			absent[i] += c.absent[label][i]
		}
	}
	return curveOf(present, absent)
}

func curveOf(present, absent []int) Curve {
	const least = 1e-7 // what TensorBoard divides by at least
	n := len(present)
	row := func() []float32 { return make([]float32, n) }
	c := Curve{row(), row(), row(), row(), row(), row()}
	allPresent, allAbsent := 0, 0
	for i := range n {
		allPresent, allAbsent = allPresent+present[i], allAbsent+absent[i]
	}
	hits, alarms := 0, 0
	for i := n - 1; i >= 0; i-- {
		hits, alarms = hits+present[i], alarms+absent[i]
		c.TruePositives[i], c.FalsePositives[i] = float32(hits), float32(alarms)
		c.TrueNegatives[i], c.FalseNegatives[i] = float32(allAbsent-alarms), float32(allPresent-hits)
		c.Precision[i] = float32(float64(hits) / max(least, float64(hits+alarms)))
		c.Recall[i] = float32(float64(hits) / max(least, float64(allPresent)))
	}
	return c
}
