package flow

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"hpaflow/flow/machine"
)

// ErrorPolicy says what a record error does to the run.
type ErrorPolicy string

// The policies of a run.
const (
	OnErrorFail ErrorPolicy = "fail" // the first one cancels the run
	OnErrorSkip ErrorPolicy = "skip" // each becomes a tombstone and a dead letter
)

// ChangePolicy says what is done about a result whose inputs or settings are
// others than when it was made.
type ChangePolicy string

// The policies there are. Results of which nothing is known count as complete
// under all of them.
const (
	ChangedAuto   ChangePolicy = "auto"   // redo; refuse where it is a training run
	ChangedRedo   ChangePolicy = "redo"   // make it anew
	ChangedRefuse ChangePolicy = "refuse" // end the run, and leave it
	ChangedKeep   ChangePolicy = "keep"   // leave it, as if nothing had changed
)

// ChangePolicies are their names.
var ChangePolicies = []string{string(ChangedAuto), string(ChangedRedo), string(ChangedRefuse), string(ChangedKeep)}

// Or is the policy, with a sink's own choice for ChangedAuto.
func (p ChangePolicy) Or(own ChangePolicy) ChangePolicy {
	if p == "" || p == ChangedAuto {
		return own
	}
	return p
}

// Options are the settings of a run. The zero value of every field means its
// default; EnsureDefaults fills them in.
type Options struct {
	// Name is what reports and errors call the flow. Default: "flow".
	Name string

	// Resolved is the flow as text, with all its values, for the record: a
	// sink may keep it beside what the flow makes.
	Resolved string

	// OnError is what a record error does. Default: OnErrorFail.
	OnError ErrorPolicy

	// MaxErrors ends a skipping run that has more record errors than this.
	// Default: 0, which is no limit.
	MaxErrors int

	// Changed is what is done about results whose inputs have changed.
	// Default: ChangedAuto.
	Changed ChangePolicy

	// Seed is what all randomness is drawn from, with epoch and key.
	Seed uint64

	// Memory bounds the bytes in flight: on edges, and in the hands of
	// workers. Every stage may hold one record beyond it, so that a record
	// larger than the bound still passes. Default: a quarter of the machine's memory.
	Memory int64

	// Workers fixes the number of workers of every stage that leaves it to
	// the tuner. Default: 0, the tuner decides.
	Workers int

	// Budget is how many workers the tuner keeps busy. Default: GOMAXPROCS.
	Budget int

	// Share says which records of each pass this run takes, where several runs share
	// them. The zero value: all.
	Share Share
}

// Share is a part of the records of each pass over the data: of groups of so many
// records, every World-th, from the one numbered Rank.
type Share struct {
	Rank, World int  // 0 <= Rank < World
	Group       int  // records
	Even        bool // the groups that do not go into World evenly, and a last one that is not full, are nobody's; else all have equally many, some for the second time
}

// Groups are the groups of a pass over so many records that this run takes. One past
// the last is one of the first again.
func (s Share) Groups(records int) (list []int) {
	groups := (records + s.Group - 1) / s.Group
	each := (groups + s.World - 1) / s.World
	if s.Even {
		each = records / s.Group / s.World
	}
	for i := range each {
		list = append(list, s.Rank+i*s.World)
	}
	return list
}

// EnsureDefaults fills in what was left zero.
func (o *Options) EnsureDefaults() {
	if o.Name == "" {
		o.Name = "flow"
	}
	if o.OnError == "" {
		o.OnError = OnErrorFail
	}
	if o.Changed == "" {
		o.Changed = ChangedAuto
	}
	if o.Memory == 0 {
		o.Memory = machine.Memory() / 4
	}
	if o.Budget == 0 {
		o.Budget = runtime.GOMAXPROCS(0)
	}
}

// Validate reports every setting that makes no sense, joined.
func (o *Options) Validate() error {
	var faults []error
	if o.OnError != OnErrorFail && o.OnError != OnErrorSkip {
		faults = append(faults, fmt.Errorf("on_error is %q, want fail or skip", o.OnError))
	}
	if !slices.Contains(ChangePolicies, string(o.Changed)) {
		faults = append(faults, fmt.Errorf("changed is %q, want one of %v", o.Changed, ChangePolicies))
	}
	for _, n := range []struct {
		name  string
		value int64
	}{{"max_errors", int64(o.MaxErrors)}, {"memory", o.Memory}, {"workers", int64(o.Workers)}, {"budget", int64(o.Budget)}} {
		if n.value < 0 {
			faults = append(faults, fmt.Errorf("%s is %d, want 0 or more", n.name, n.value))
		}
	}
	return errors.Join(faults...)
}
