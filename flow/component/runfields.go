package component

import (
	"fmt"

	"hpaflow/flow"
)

// RunFields are the settings a .flow file may give in its run block: how the
// run deals with what goes wrong, and the bounds that every reader keeps to
// (see Limits).
var RunFields = append([]Field{
	{Name: "on_error", Type: String, Default: "fail", Choices: []string{"fail", "skip"},
		Doc: "what a record error does: fail the run, or skip the record and write a dead letter"},
	{Name: "max_errors", Type: Int, Default: 0, Min: 0, Max: 1 << 40,
		Doc: "with on_error = skip: more errors than this fail the run, of a flow that is done by units those of all units when it is finished; 0 is no limit"},
	{Name: "changed", Type: String, Default: string(flow.ChangedAuto), Choices: flow.ChangePolicies,
		Doc: "what to do about results whose inputs or settings have changed since: redo them, refuse to run, or keep them; auto: redo, but refuse for training, which keep goes on with after a whole epoch, and redo does not do: it takes another folder"},
	{Name: "seed", Type: Int, Default: 1234, Min: 0, Max: 1 << 53,
		Doc: "all randomness is drawn from this, the epoch and the record's key"},
	{Name: "unit", Type: Int, Default: 0, Min: 0, Max: 1 << 40,
		Doc: "records of a unit, the part of the work that hpaflow run --unit does on one of many machines; 0: the flow is not cut"},
	{Name: "memory", Type: Size, Default: int64(0), Check: checkMemory,
		Doc: "bytes in flight, at most, 1MiB or more; 0 is a quarter of the machine's memory"},
}, limitFields...)

// LeastMemory is the least that a run takes as its memory, in bytes: with less,
// not even small images can be on their way.
const LeastMemory = 1 << 20

// CheckMemory says why a run cannot be given so many bytes.
func CheckMemory(n int64) error {
	if n >= LeastMemory {
		return nil
	}
	return fmt.Errorf("%s is too little: a run takes %s or more", FormatSize(n), FormatSize(LeastMemory))
}

func checkMemory(v any) error {
	if v == int64(0) {
		return nil
	}
	return CheckMemory(v.(int64))
}

// RunOptions turns the values of RunFields into Options.
func RunOptions(a Args) flow.Options {
	return flow.Options{
		OnError:   flow.ErrorPolicy(a.String("on_error")),
		MaxErrors: a.Int("max_errors"),
		Changed:   flow.ChangePolicy(a.String("changed")),
		Seed:      uint64(a.Int("seed")),
		Memory:    a.Size("memory"),
	}
}
