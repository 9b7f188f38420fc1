package models

import (
	"errors"
	"fmt"
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

// Moments are the names of the tensors the optimiser keeps for a parameter.
func (o *OptimizerOptions) Moments() []string {
	switch {
	case o.Kind == "sgd":
		return []string{"momentum_buffer"}
	case o.AMSGrad:
		return []string{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}
	}
	return []string{"exp_avg", "exp_avg_sq"}
}
