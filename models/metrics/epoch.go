package metrics

import "fmt"

// Epoch gathers the results of the batches of one epoch.
type Epoch struct {
	classes int
	samples int
	loss    float64 // sum over samples
	counts  []counts
}

// counts are the decisions on one label.
type counts struct{ hit, falseAlarm, miss int }

// NewEpoch starts an epoch for so many labels.
func NewEpoch(classes int) *Epoch {
	return &Epoch{classes: classes, counts: make([]counts, classes)}
}

// Add counts a batch: logits and targets (0 or 1) of shape (n,classes), and
// the mean loss over it. A logit above 0, a probability above one half,
// decides for the label.
func (e *Epoch) Add(logits, targets []float32, loss float64) error {
	if len(logits) == 0 || len(logits)%e.classes != 0 || len(logits) != len(targets) {
		return fmt.Errorf("metrics: %d logits and %d targets of %d labels", len(logits), len(targets), e.classes)
	}
	n := len(logits) / e.classes
	e.samples += n
	e.loss += loss * float64(n)
	for i, x := range logits {
		c := &e.counts[i%e.classes]
		switch predicted, present := x > 0, targets[i] > .5; {
		case predicted && present:
			c.hit++
		case predicted:
			c.falseAlarm++
		case present:
			c.miss++
		}
	}
	return nil
}

// Result is the score of an epoch.
type Result struct {
	Samples        int
	Loss           float64   // mean over samples
	Accuracy       float64   // share of right decisions among all samples*labels
	MacroF1        float64   // mean of F1
	MacroF1Present float64   // mean of F1 over the labels that occur in the targets
	F1             []float64 // by label; 0 for one that neither occurs nor is predicted
}

// Result scores what was added so far. Without a sample all is 0.
func (e *Epoch) Result() Result {
	r := Result{Samples: e.samples, F1: make([]float64, e.classes)}
	if e.samples == 0 {
		return r
	}
	var wrong, present int
	for i, c := range e.counts {
		wrong += c.falseAlarm + c.miss
		if all := 2*c.hit + c.falseAlarm + c.miss; all > 0 {
			r.F1[i] = 2 * float64(c.hit) / float64(all)
		}
		r.MacroF1 += r.F1[i] / float64(e.classes)
		if c.hit+c.miss > 0 {
			present++
			r.MacroF1Present += r.F1[i]
		}
	}
	if present > 0 {
		r.MacroF1Present /= float64(present)
	}
	r.Loss = e.loss / float64(e.samples)
	r.Accuracy = 1 - float64(wrong)/float64(e.samples*e.classes)
	return r
}
