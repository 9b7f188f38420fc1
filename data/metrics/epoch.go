package metrics

import (
	"encoding/json"
	"fmt"
	"slices"
)

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
// decides for the label. Of samples that were mixed, a label counts as present
// where its target is above one half.
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

// Clone is a copy that further batches do not change.
func (e *Epoch) Clone() *Epoch {
	c := *e
	c.counts = slices.Clone(e.counts)
	return &c
}

// tally is an epoch as checkpoints hold it.
type tally struct {
	Samples int      `json:"samples"`
	Loss    float64  `json:"loss"`   // sum over samples
	Counts  [][3]int `json:"counts"` // by label: hits, false alarms, misses
}

// MarshalJSON writes what was gathered so far, with all its digits.
func (e *Epoch) MarshalJSON() ([]byte, error) {
	t := tally{Samples: e.samples, Loss: e.loss}
	for _, c := range e.counts {
		t.Counts = append(t.Counts, [3]int{c.hit, c.falseAlarm, c.miss})
	}
	return json.Marshal(t)
}

// UnmarshalJSON goes on from what MarshalJSON wrote.
func (e *Epoch) UnmarshalJSON(b []byte) error {
	var t tally
	if err := json.Unmarshal(b, &t); err != nil {
		return err
	}
	*e = Epoch{classes: len(t.Counts), samples: t.Samples, loss: t.Loss}
	for _, c := range t.Counts {
		e.counts = append(e.counts, counts{c[0], c[1], c[2]})
	}
	return nil
}

// Result is the score of an epoch.
type Result struct {
	Samples        int       `json:"samples"`
	Loss           float64   `json:"loss"`             // mean over samples
	Accuracy       float64   `json:"accuracy"`         // share of right decisions among all samples*labels
	MacroF1        float64   `json:"macro_f1"`         // mean of F1
	MacroF1Present float64   `json:"macro_f1_present"` // mean of F1 over the labels that occur in the targets
	F1             []float64 `json:"f1"`               // by label; 0 for one that neither occurs nor is predicted
	Support        []int     `json:"support"`          // by label: samples that have it
}

// Result scores what was added so far. Without a sample all is 0.
func (e *Epoch) Result() Result {
	r := Result{Samples: e.samples, F1: make([]float64, e.classes), Support: make([]int, e.classes)}
	if e.samples == 0 {
		return r
	}
	var wrong, present int
	for i, c := range e.counts {
		wrong += c.falseAlarm + c.miss
		r.Support[i] = c.hit + c.miss
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
