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

// time does an operation and lets the observer know.
func (e *environment) time(name string, flops float64, do func()) {
	if e.observe == nil {
		do()
		return
	}
	start := time.Now()
	do()
	e.observe(name, time.Since(start), flops)
}
