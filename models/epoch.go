package models

import "hpaflow/models/metrics"

// Epoch is what training yields after every pass over the data.
type Epoch struct {
	Number int // from 0
	LR     float64
	Train  metrics.Result
	Val    *metrics.Result // nil without validation data

	Checkpoint *Checkpoint // to go on after this epoch
}

// Bytes is the memory the epoch's checkpoint holds.
func (e *Epoch) Bytes() int64 {
	var n int64
	for _, list := range [][]Tensor{e.Checkpoint.State.Weights, e.Checkpoint.State.Optimizer} {
		for _, t := range list {
			n += 4 * int64(len(t.Data))
		}
	}
	return n
}
