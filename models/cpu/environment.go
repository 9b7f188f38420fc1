package cpu

import (
	"time"

	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
)

// environment is what the operations of a graph or a plan share.
type environment struct {
	n     int    // samples in the present batch
	arena *arena // of a graph
	ws    *kernels.Workspace

	blank bool // operations compute nothing: their order and results' sizes are what is asked for

	momentum float64 // of batch norm's running statistics; 0 is PyTorch's default

	observe models.Observer // may be nil
}

// begin is when an operation begins, if anybody wants to know.
func (e *environment) begin() (start time.Time) {
	if e.observe != nil {
		start = time.Now()
	}
	return start
}

// end lets the observer know of an operation that is done, one of so many side by side.
func (e *environment) end(name string, flops float64, start time.Time, beside int) {
	if e.observe != nil {
		e.observe(name, time.Since(start)/time.Duration(beside), flops)
	}
}
