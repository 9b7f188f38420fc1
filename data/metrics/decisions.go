package metrics

import "hpaflow/data"

// Decide counts a sample by the labels that were decided for and those it has.
// It has no loss.
func (e *Epoch) Decide(predicted, present data.Labels) {
	e.samples++
	for n := range e.counts {
		c := &e.counts[n]
		switch {
		case predicted.Has(n) && present.Has(n):
			c.hit++
		case predicted.Has(n):
			c.falseAlarm++
		case present.Has(n):
			c.miss++
		}
	}
}

// GuessedF1Present is the macro F1, over the labels that occur, to be expected
// of guesses that know nothing but how frequent each label is: every sample is
// given a label with the probability f that a sample has it. Of n samples,
// n*f*f are then expected to be hits, n*f have the label and n*f are given it,
// so that the label's F1 is f.
func GuessedF1Present(labels []data.Labels, classes int) float64 {
	var sum float64
	present := 0
	for n := range classes {
		count := 0
		for _, l := range labels {
			if l.Has(n) {
				count++
			}
		}
		if count > 0 {
			present++
			sum += float64(count) / float64(len(labels))
		}
	}
	if present == 0 {
		return 0
	}
	return sum / float64(present)
}
