package models

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ScheduleOptions choose how the learning rate changes from epoch to epoch.
// The zero value of a field means its default.
type ScheduleOptions struct {
	// Kind is one of Schedules. Default: none.
	Kind string

	// LR is the first epoch's rate, or the first one's after the warmup. Default:
	// 5e-4.
	LR float64

	// Epochs is the length of the run: cosine falls to zero over it.
	Epochs int

	// Gamma is what step, multi_step, exponential and reduce_lr_on_plateau
	// multiply the rate by. Default: .1.
	Gamma float64

	// StepSize is how many epochs step waits. Default: 10.
	StepSize int

	// Milestones are the epochs after which multi_step acts.
	Milestones []int

	// Patience is how many epochs reduce_lr_on_plateau bears without a better
	// metric. Default: 10.
	Patience int

	// Warmup is how many epochs at the beginning take the rate of a straight line
	// from WarmupLR to LR, which the epoch after them has. It is that of timm's
	// schedulers: the schedule's epochs are counted from the first, warmup
	// included, but reduce_lr_on_plateau begins to look afterwards. 0: none.
	Warmup int `json:",omitempty"`

	// WarmupLR is the first epoch's rate where there is a warmup. Default: 1e-5,
	// as in timm's scripts.
	WarmupLR float64 `json:",omitempty"`
}

// Schedules lists the schedules by name.
func Schedules() []string {
	return []string{"none", "step", "multi_step", "exponential", "cosine", "reduce_lr_on_plateau"}
}

// EnsureDefaults fills in what was left zero.
func (o *ScheduleOptions) EnsureDefaults() {
	orString(&o.Kind, "none")
	orFloat(&o.LR, 5e-4)
	orFloat(&o.Gamma, .1)
	orInt(&o.StepSize, 10)
	orInt(&o.Patience, 10)
	if o.Warmup != 0 {
		orFloat(&o.WarmupLR, DefaultWarmupLR)
	}
}

// DefaultWarmupLR is the rate that a warmup begins with unless another is given.
const DefaultWarmupLR = 1e-5

// Validate reports all that is wrong with the options, after EnsureDefaults.
func (o *ScheduleOptions) Validate() error {
	errs := []error{oneOf("schedule", o.Kind, Schedules())}
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(!(o.LR > 0) || math.IsInf(o.LR, 1), "learning rate is %v, want a number above 0", o.LR)
	bad(!(o.Gamma > 0 && o.Gamma <= 1), "gamma is %v, want more than 0 and at most 1", o.Gamma)
	bad(o.StepSize < 1, "step size is %d, want at least 1", o.StepSize)
	bad(o.Patience < 0, "patience is %d, want at least 0", o.Patience)
	bad(o.Kind == "cosine" && o.Epochs < 1, "a cosine schedule over %d epochs", o.Epochs)
	bad(o.Kind == "multi_step" && len(o.Milestones) == 0, "a multi_step schedule without milestones")
	bad(o.Warmup < 0, "warmup is %d epochs, want at least 0", o.Warmup)
	bad(o.Warmup > 0 && o.Epochs > 0 && o.Warmup >= o.Epochs, "warmup is %d epochs of %d, want fewer than there are", o.Warmup, o.Epochs)
	bad(o.Warmup > 0 && !(o.WarmupLR > 0 && o.WarmupLR <= o.LR), "the warmup begins with the rate %v, want more than 0 and at most %v, the one it ends with", o.WarmupLR, o.LR)
	return errors.Join(errs...)
}

// Schedule is the learning rate over epochs, as torch.optim.lr_scheduler has it.
type Schedule struct {
	opts  ScheduleOptions
	state ScheduleState
}

// ScheduleState is where a schedule stands.
type ScheduleState struct {
	Epoch int     `json:"epoch"` // epochs done
	LR    float64 `json:"lr"`    // of the next epoch, or of the one it would be without a warmup
	Best  float64 `json:"best"`  // metric so far; reduce_lr_on_plateau only
	Bad   int     `json:"bad"`   // epochs since then; reduce_lr_on_plateau only
}

// NewSchedule makes a schedule that stands before its first epoch.
func NewSchedule(o ScheduleOptions) (*Schedule, error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Schedule{opts: o, state: ScheduleState{LR: o.LR}}, nil
}

// LR is the rate of the epoch to come.
func (s *Schedule) LR() float64 {
	if o := &s.opts; s.state.Epoch < o.Warmup {
		return o.WarmupLR + float64(s.state.Epoch)*((o.LR-o.WarmupLR)/float64(o.Warmup))
	}
	return s.state.LR
}

// State is where the schedule stands.
func (s *Schedule) State() ScheduleState { return s.state }

// Load puts the schedule where another of the same options stood.
func (s *Schedule) Load(st ScheduleState) error {
	if st.Epoch < 0 || !(st.LR >= 0) || st.Bad < 0 {
		return fmt.Errorf("schedule: impossible state %+v", st)
	}
	s.state = st
	return nil
}

// Step ends an epoch. The metric is better the larger it is; only
// reduce_lr_on_plateau looks at it.
func (s *Schedule) Step(metric float64) {
	o, st := &s.opts, &s.state
	st.Epoch++
	switch o.Kind {
	case "step":
		if st.Epoch%o.StepSize == 0 {
			st.LR *= o.Gamma
		}
	case "multi_step":
		if slices.Contains(o.Milestones, st.Epoch) {
			st.LR *= o.Gamma
		}
	case "exponential":
		st.LR *= o.Gamma
	case "cosine":
		st.LR = o.LR / 2 * (1 + math.Cos(math.Pi*float64(st.Epoch)/float64(o.Epochs)))
	case "reduce_lr_on_plateau":
		s.plateau(metric)
	}
}

// plateau lowers the rate when the metric has not risen by a ten-thousandth of
// itself for more than Patience epochs.
func (s *Schedule) plateau(metric float64) {
	const threshold, least = 1e-4, 1e-8
	st := &s.state
	counted := st.Epoch - s.opts.Warmup
	if counted < 1 {
		return
	}
	if counted == 1 || metric > st.Best*(1+threshold) {
		st.Best, st.Bad = metric, 0
		return
	}
	if st.Bad++; st.Bad > s.opts.Patience {
		st.Bad = 0
		if next := st.LR * s.opts.Gamma; st.LR-next > least {
			st.LR = next
		}
	}
}
