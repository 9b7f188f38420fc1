package live

import "time"

// Epoch is what a pass of training came to.
type Epoch struct {
	Epoch int       `json:"epoch"` // from 0
	At    time.Time `json:"at"`    // when it ended
	LR    float64   `json:"lr"`
	Train Scores    `json:"train"`
	Val   *Scores   `json:"val,omitempty"` // nil without validation data
}

// Scores are those of a split.
type Scores struct {
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
	F1       float64 `json:"f1"`         // macro, over all labels
	Present  float64 `json:"f1_present"` // over labels that occur
}

// Curve is a training run as it comes.
type Curve struct {
	Flow   int     `json:"flow"`
	Step   string  `json:"step"`
	Stage  string  `json:"stage"`
	Epochs []Epoch `json:"epochs"`
}

const (
	mostEpochs = 400
	mostCurves = 24 // the runs that began last
)

// add appends an epoch. A run that goes on may come to an epoch again; of very many,
// every other one is forgotten.
func (c *Curve) add(e Epoch) {
	for len(c.Epochs) > 0 && c.Epochs[len(c.Epochs)-1].Epoch >= e.Epoch {
		c.Epochs = c.Epochs[:len(c.Epochs)-1]
	}
	c.Epochs = append(c.Epochs, e)
	if len(c.Epochs) <= mostEpochs {
		return
	}
	kept := c.Epochs[:0]
	for i, e := range c.Epochs { // the last one stays
		if (len(c.Epochs)-1-i)%2 == 0 {
			kept = append(kept, e)
		}
	}
	c.Epochs = kept
}
