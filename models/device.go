package models

import (
	"context"
	"errors"

	"hpaflow/data"
	"hpaflow/models/statedict"
)

// ErrDiverged is what Train returns when the loss is no finite number.
var ErrDiverged = errors.New("training has diverged")

// Device is what computes the steps of one network, with its weights and the
// state of its optimiser. Its methods must not be called at the same time.
type Device interface {
	// Train runs one batch forward and backward in training mode and lets the
	// optimiser take a step of rate lr, every Options.Accumulate batches. The
	// batch needs targets and may have fewer samples than Options.Batch. A loss
	// that is no finite number is an error, and then no step is taken; so are
	// fewer samples than Options.LeastBatch.
	Train(ctx context.Context, b *data.Batch, lr float64) (Step, error)

	// Flush lets the optimiser take a step of rate lr of the gradients that were
	// summed since the last one, if there are any: an epoch ends with it where
	// its batches are no multiple of Options.Accumulate.
	Flush(lr float64)

	// Predict gives the logits of a batch, shape (N,classes), in evaluation
	// mode: batch norm uses its running statistics, and a sample's logits do
	// not depend on its neighbours. The batch may have fewer samples than
	// Options.Batch. The caller owns the result.
	Predict(ctx context.Context, b *data.Batch) ([]float32, error)

	// Loss is the loss of logits against targets, both (n,classes), as Train
	// reports it: the mean over all n*classes values.
	Loss(logits, targets []float32) float64

	// State copies out everything that makes the next step what it is.
	State() State

	// Load puts a state in place of the present one. Tensors that are
	// missing, unknown or of another shape are an error, and then nothing has
	// changed. A state without Optimizer tensors is weights only: the
	// optimiser starts anew.
	Load(State) error

	// Init takes weights that another program or another set of labels left
	// (see LoadWeights), and starts the optimiser anew. Names are matched as
	// package statedict says, a stem for three channels is widened, and layers
	// that give the logits stay as they are if the weights have none of their
	// shape. What was done with each tensor is reported. Tensors that are
	// missing or of a wrong shape are an error, and then nothing has changed.
	Init(weights []Tensor) (*statedict.Fitted, error)
}

// Step is what Train reports.
type Step struct {
	Loss   float64   // mean over the batch, before the step
	Logits []float32 // shape (N,classes), before the step; the caller owns it
}

// State is a network and its optimiser at rest.
type State struct {
	Weights   []Tensor // parameters and batch-norm statistics, in network order
	Optimizer []Tensor // the optimiser's moments, named MOMENT/PARAMETER
	Steps     int64    // steps the optimiser has taken
	Pending   int      // batches summed towards the next step
}

// Tensor is a named array in C order.
type Tensor = statedict.Tensor
