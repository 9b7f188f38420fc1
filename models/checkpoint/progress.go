package checkpoint

import (
	"time"

	"hpaflow/data"
	"hpaflow/data/metrics"
	"hpaflow/models"
)

// Progress is what training yields: after every pass over the data, and in
// between as often as it is asked to.
type Progress struct {
	Epoch int     // the pass, from 0
	Step  int64   // batches trained on so far, in all passes
	LR    float64 // of the pass
	Loss  float64 // of the last batch
	Time  time.Time

	// Scores are of the pass that is complete with this; nil in the middle of one.
	Scores *EpochScores

	// Worst are the samples of the validation data with the largest loss,
	// largest first; empty in the middle of a pass and without such data.
	Worst []Mistake

	// Examples are the first samples of the validation data, as many as were asked
	// for, and Curves its precision-recall curves; empty in the middle of a pass.
	Examples []Mistake
	Curves   *metrics.Curves

	// Checkpoint is to be saved, so that a run can go on from here. It may be
	// nil in the middle of a pass.
	Checkpoint *Checkpoint
}

// EpochScores are the scores of a complete pass over the data.
type EpochScores struct {
	Epoch int             `json:"epoch"` // from 0
	Step  int64           `json:"step"`  // batches trained on when it ended
	Time  time.Time       `json:"time"`  // when it ended
	LR    float64         `json:"lr"`
	Train metrics.Result  `json:"train"`
	Val   *metrics.Result `json:"val,omitempty"` // nil without validation data
}

// Score is what epochs are compared by: the macro F1 over all labels, of the
// validation data if there are any.
func (e *EpochScores) Score() float64 {
	if e.Val != nil {
		return e.Val.MacroF1
	}
	return e.Train.MacroF1
}

// SplitScores are the scores of one split in an epoch.
type SplitScores struct {
	Name string
	metrics.Result
}

// Splits are the epoch's scores by split, train first.
func (e *EpochScores) Splits() []SplitScores {
	list := []SplitScores{{"train", e.Train}}
	if e.Val != nil {
		list = append(list, SplitScores{"val", *e.Val})
	}
	return list
}

// Mistake is a sample that the network was wrong about, or may have been.
type Mistake struct {
	Sample        *data.Sample // without its pixels
	Probabilities []float32    // by label
	Loss          float64      // mean over labels
	Thumb         *data.Image  // its planes as the network saw them, made small and each stretched to 0..255
}

// Bytes is the memory that the checkpoint and the mistakes hold.
func (p *Progress) Bytes() int64 {
	var n int64
	if p.Checkpoint != nil {
		for _, list := range [][]models.Tensor{p.Checkpoint.State.Weights, p.Checkpoint.State.Optimizer} {
			for _, t := range list {
				n += 4 * int64(len(t.Data))
			}
		}
	}
	for _, list := range [][]Mistake{p.Worst, p.Examples} {
		for _, m := range list {
			n += m.Thumb.Bytes()
		}
	}
	return n
}
