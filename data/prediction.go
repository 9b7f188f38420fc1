package data

import "fmt"

// Prediction is the probabilities of one sample's labels.
type Prediction struct {
	ID      string
	Labels  Labels
	Labeled bool   // Labels is known, though it may be empty
	Split   string // of the sample: train, val, test_val, test, or empty
	P       []float64
	Sum     uint64 // of its sample
}

// Bytes is the memory the prediction holds.
func (p *Prediction) Bytes() int64 { return int64(len(p.ID)) + 8*int64(len(p.P)) + 80 }

// Validate says what is wrong with a prediction: an Id that is none, a number
// of labels that is not in 1..MaxClasses, a probability outside 0..1, or a
// label there is no probability of.
func (p *Prediction) Validate() error {
	if err := CheckID(p.ID); err != nil {
		return err
	}
	if len(p.P) < 1 || len(p.P) > MaxClasses {
		return fmt.Errorf("%s: %d probabilities, want 1..%d", p.ID, len(p.P), MaxClasses)
	}
	for n, v := range p.P {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("%s: P%02d is %v, want a probability in 0..1", p.ID, n, v)
		}
	}
	if p.Labels>>len(p.P) != 0 {
		return fmt.Errorf("%s: labels %s of %d", p.ID, p.Labels, len(p.P))
	}
	return nil
}
