package models

import (
	"errors"
	"fmt"

	"hpaflow/models/kernels"
)

// OptimizerOptions choose how gradients change parameters. The arithmetic is
// that of torch.optim.Adam and torch.optim.SGD.
type OptimizerOptions struct {
	// Kind is adam or sgd. Default: adam, with betas .9 and .999, eps 1e-8.
	Kind string

	// WeightDecay is added to the gradient times the parameter.
	WeightDecay float64

	// AMSGrad makes Adam divide by the largest second moment so far.
	AMSGrad bool

	// Momentum of SGD. Default: .9.
	Momentum float64

	// Nesterov makes SGD look ahead by one momentum step.
	Nesterov bool
}

// Optimizers lists the optimisers by name.
func Optimizers() []string { return []string{"adam", "sgd"} }

// EnsureDefaults fills in what was left zero.
func (o *OptimizerOptions) EnsureDefaults() {
	orString(&o.Kind, "adam")
	if o.Momentum == 0 {
		o.Momentum = .9
	}
}

// Validate reports all that is wrong with the options, after EnsureDefaults.
func (o *OptimizerOptions) Validate() error {
	errs := []error{oneOf("optimizer", o.Kind, Optimizers())}
	if !(o.WeightDecay >= 0) {
		errs = append(errs, fmt.Errorf("weight decay is %v, want at least 0", o.WeightDecay))
	}
	if !(o.Momentum > 0 && o.Momentum < 1) {
		errs = append(errs, fmt.Errorf("momentum is %v, want more than 0 and less than 1", o.Momentum))
	}
	return errors.Join(errs...)
}

// moments are the names of the tensors the optimiser keeps for a parameter.
func (o *OptimizerOptions) moments() []string {
	switch {
	case o.Kind == "sgd":
		return []string{"momentum_buffer"}
	case o.AMSGrad:
		return []string{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}
	}
	return []string{"exp_avg", "exp_avg_sq"}
}

// optimizer holds the moments of a list of parameters.
type optimizer struct {
	OptimizerOptions
	ws    *kernels.Workspace
	steps int64
	state [][][]float32 // [moment][parameter]
}

func newOptimizer(opts OptimizerOptions, ws *kernels.Workspace, params []*param) *optimizer {
	o := &optimizer{OptimizerOptions: opts, ws: ws}
	for range opts.moments() {
		list := make([][]float32, len(params))
		for i, p := range params {
			list[i] = make([]float32, len(p.data))
		}
		o.state = append(o.state, list)
	}
	return o
}

// step changes every parameter by its gradient.
func (o *optimizer) step(params []*param, grads [][]float32, lr float64) {
	o.steps++
	for i, p := range params {
		if o.Kind == "sgd" {
			kernels.SGD(o.ws, p.data, grads[i], o.state[0][i], kernels.SGDStep{
				LR: lr, Momentum: o.Momentum, WeightDecay: o.WeightDecay, Nesterov: o.Nesterov, First: o.steps == 1,
			})
			continue
		}
		var largest []float32
		if o.AMSGrad {
			largest = o.state[2][i]
		}
		kernels.Adam(o.ws, p.data, grads[i], o.state[0][i], o.state[1][i], largest, kernels.AdamStep{
			LR: lr, Beta1: .9, Beta2: .999, Eps: 1e-8, WeightDecay: o.WeightDecay, Step: o.steps,
		})
	}
}
