package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/statedict"
)

// ErrDiverged is the error of a batch whose loss is no finite number.
var ErrDiverged = errors.New("training has diverged")

// ErrNoResult is Result's where no batch is in flight.
var ErrNoResult = errors.New("no batch is in flight")

// Device is what computes the steps of one network, with its weights and the
// state of its optimiser. Its methods must not be called at the same time.
//
// Training runs ahead of its results: batches are submitted, and their losses
// and logits come later, in the same order. A device of another kind than the
// processor is kept busy that way.
type Device interface {
	// Submit gives a batch to be run forward and backward in training mode, after
	// which the optimiser takes a step of rate lr, every Options.Accumulate
	// batches. The batch's memory has been read when Submit returns. It needs
	// targets and may have fewer samples than Options.Batch, but no fewer than
	// Options.LeastBatch. A batch that is refused leaves everything as it was.
	Submit(ctx context.Context, b *data.Batch, lr float64) error

	// Result waits for the oldest batch in flight and takes what came of it. A
	// loss that is no finite number is ErrDiverged, and then neither that batch
	// nor any after it has changed the weights.
	Result(ctx context.Context) (Step, error)

	// Ahead is how many batches may be in flight, their results not taken, when
	// another is submitted: 0 where Submit itself computes.
	Ahead() int

	// Flush lets the optimiser take a step of rate lr of the gradients that were
	// summed since the last one, if there are any: an epoch ends with it where
	// its batches are no multiple of Options.Accumulate.
	Flush(lr float64) error

	Predictor

	// Loss is the loss of logits against targets, both (n,classes), as Result
	// reports it: the mean over all n*classes values.
	Loss(logits, targets []float32) float64

	// State copies out everything that makes the next step what it is, of all
	// batches that were submitted.
	State() (State, error)

	// Load puts a state in place of the present one. Tensors that are
	// missing, unknown or of another shape are an error, and then nothing has
	// changed. A state without Optimizer tensors is weights only: the
	// optimiser starts anew.
	Load(State) error

	// Init takes weights that another program or another set of labels left
	// (see LoadWeights), and starts the optimiser anew. Names are matched as
	// package statedict says, a stem for three planes becomes one for as many as
	// there are, and layers that give the logits stay as they are if the weights
	// have none of their shape. What was done with each tensor is reported. Tensors that are
	// missing or of a wrong shape are an error, and then nothing has changed.
	Init(weights []Tensor) (*statedict.Fitted, error)

	// Close gives back what the device holds. What is in flight is lost.
	Close() error
}

// Predictor gives logits.
type Predictor interface {
	// Predict gives the logits of a batch, shape (views,N,classes), in evaluation
	// mode: batch norm uses its running statistics, and a sample's logits do
	// not depend on its neighbours. A Device that keeps an average of its
	// weights (Options.EMA) computes with that. The images are seen under each of the
	// symmetries; without any, as they are. The batch may have fewer samples
	// than Options.Batch. The caller owns the result.
	Predict(ctx context.Context, b *data.Batch, views ...pixel.Dihedral) ([]float32, error)
}

// Network is a network that only predicts. Several goroutines may call Predict.
type Network interface {
	Predictor

	// Load puts weights in place, of this program or another: names are matched
	// as Device.Init does, but here the layers that give the logits must be
	// there too. Batches in flight are waited for.
	Load(weights []Tensor) (*statedict.Fitted, error)

	Close() error
}

// Statistics gives a network's batch norm new statistics, those of the data it
// is shown, in one pass. Averaged weights need it, since the mean of statistics
// is not the statistics of the mean.
type Statistics interface {
	// Add shows the network a batch of b samples after n others: its statistics
	// move by b/(n+b) towards those of the batch, so that in the end each sample
	// has counted the same. A batch may have fewer samples than Options.Batch,
	// but no fewer than Options.LeastBatch.
	Add(ctx context.Context, b *data.Batch) error

	// Weights are the weights with the new statistics; they may be the network's
	// own until the next Add.
	Weights() ([]Tensor, error)

	Close() error
}

// Backend is a kind of device, which makes those of a network.
type Backend interface {
	// New makes a network with initial weights that trains.
	New(Options) (Device, error)

	// Refuses says what of the options such a device cannot train with; nil:
	// nothing. It takes no memory, so that it can be asked before there is any work.
	Refuses(Options) error

	// Flights is how many batches predicted at once keep the device busy.
	Flights() int

	// NewNetwork makes one that only predicts, up to flights batches at once.
	// What the options say of training is left alone.
	NewNetwork(o Options, flights int) (Network, error)

	// NewStatistics makes one of some weights, matched as Network.Load does.
	NewStatistics(o Options, weights []Tensor) (Statistics, error)

	// Name says what the bits of results depend on beside the inputs: avx2, or
	// a card's name, its libraries and the precision.
	Name() string
}

// Metered is a Device that tells how it is used, by its own clock. Usage may be
// called while the device works and after Close, from any goroutine.
type Metered interface{ Usage() Usage }

// Usage is how a device was used so far.
type Usage struct {
	Name   string // of the device, as people call it
	Memory int64  // bytes of it that are taken

	Busy    time.Duration // in steps
	Waiting time.Duration // between steps, with nothing to do
	Copying time.Duration // of batches, beside steps
}

// Train submits a batch and waits for its result.
func Train(ctx context.Context, d Device, b *data.Batch, lr float64) (Step, error) {
	if err := d.Submit(ctx, b, lr); err != nil {
		return Step{}, err
	}
	return d.Result(ctx)
}

// Step is what came of a batch.
type Step struct {
	Loss   float64   // mean over the batch, before the step
	Logits []float32 // shape (N,classes), before the step; the caller owns it
}

// State is a network and its optimiser at rest.
type State struct {
	Weights   []Tensor // parameters and batch-norm statistics, in network order; with Options.EMA, their average
	Optimizer []Tensor // the optimiser's moments, named MOMENT/PARAMETER; with Options.EMA, also LiveName/TENSOR
	Steps     int64    // steps the optimiser has taken
	Pending   int      // batches summed towards the next step

	// Choices are the device's own, where several ways to compute give other
	// bits: JSON that a device of the same kind goes on with and others pass by.
	Choices []byte
}

// LiveName is the moment under which the weights are kept that are trained, where
// State.Weights are an average of theirs.
const LiveName = "live"

// Live are weights under the names that they have in State.Optimizer.
func Live(weights []Tensor) []Tensor {
	list := slices.Clone(weights)
	for i := range list {
		list[i].Name = LiveName + "/" + list[i].Name
	}
	return list
}

// Tensor is a named array in C order.
type Tensor = statedict.Tensor
