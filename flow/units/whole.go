package units

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"hpaflow/flow"
)

// Whole is a run of all units in this process.
type Whole struct {
	Retry bool              // records that failed are tried again, whatever they are made from
	Watch Watch             // of the graph of each unit
	Note  func(text string) // what is said of what was found

	// Missing, where set, sees to it that missing units are done, by other workers, say.
	// Nil: they are done here, one after the other.
	Missing func(ctx context.Context, units []int) error
}

// RunAll does what is missing of a flow, one unit after the other, and finishes
// it: that is what a run on one machine is. What was made from something else is
// made anew, kept or refused, as the run says; a unit is made anew as a whole.
// Other workers may be at it, too; while they are by another plan, it is refused as any
// second run is.
func (f *Flow) RunAll(ctx context.Context, w Whole) (*Finished, error) {
	for {
		if err := f.renew(ctx, w); err != nil {
			return nil, err
		}
		unlock, err := f.Share()
		if err != nil {
			return nil, err
		}
		done, err := f.runAll(ctx, w)
		err = errors.Join(err, unlock())
		if _, other := errors.AsType[*OtherPlanError](err); !other {
			return done, err
		}
		// Others have planned since it was looked, or are at work by their plan.
		release, err := f.alone()
		if err != nil {
			return nil, err
		}
		if err := release(); err != nil {
			return nil, err
		}
	}
}

func (f *Flow) runAll(ctx context.Context, w Whole) (*Finished, error) {
	if err := f.Open(ctx, true); err != nil {
		return nil, err
	}
	if err := f.runMissing(ctx, w); err != nil {
		return nil, err
	}
	if err := f.retry(ctx, w); err != nil {
		return nil, err
	}
	if err := f.runMissing(ctx, w); err != nil {
		return nil, err
	}
	return f.Finish(ctx)
}

func (f *Flow) runMissing(ctx context.Context, w Whole) error {
	status, err := f.Status()
	if err != nil {
		return err
	}
	if w.Missing != nil && len(status.Missing) > 0 {
		return w.Missing(ctx, status.Missing)
	}
	for _, unit := range status.Missing {
		if _, err := f.Run(ctx, unit, w.Watch); err != nil {
			return err
		}
	}
	return nil
}

// renew takes back what is out of date, if nobody else is at work.
func (f *Flow) renew(ctx context.Context, w Whole) error {
	if !f.Planned() {
		return nil
	}
	unlock, err := f.alone()
	if err != nil {
		return nil // Share tells why, if it is not other workers
	}
	err = f.renewAlone(ctx, w)
	return errors.Join(err, unlock())
}

func (f *Flow) renewAlone(ctx context.Context, w Whole) error {
	if err := f.undoRest(); err != nil {
		return err
	}
	policy := f.opts.Changed.Or(flow.ChangedRedo)
	err := f.Open(ctx, false)
	if other, is := errors.AsType[*OtherPlanError](err); is && policy == flow.ChangedRedo {
		w.Note(fmt.Sprintf("results in %s are made anew: %s", f.Dir(), strings.Join(other.Differences, "; ")))
		return f.undoAll()
	}
	if err != nil {
		return err
	}
	cut, err := f.cut(f.graph())
	if err != nil {
		return err
	}
	found, err := f.stale(cut)
	if err != nil {
		return err
	}
	if len(found.Damaged) > 0 {
		w.Note("missing or damaged, and made again with their units: " + enumerate(found.Damaged))
	}
	if len(found.Changed) > 0 {
		names := enumerate(found.Changed)
		switch policy {
		case flow.ChangedRefuse:
			return fmt.Errorf("results in %s are made from something else: images or rows of %s are others; --changed redo makes their units anew, --changed keep leaves them", f.Dir(), names)
		case flow.ChangedKeep:
			w.Note(fmt.Sprintf("results in %s are kept all the same, though images or rows are others: %s", f.Dir(), names))
			found.changed = nil
		default:
			w.Note(fmt.Sprintf("results in %s are made anew with their units, since images or rows are others: %s", f.Dir(), names))
		}
	}
	if err := errors.Join(f.undo(found.damaged), f.undo(found.changed)); err != nil {
		return err
	}
	return f.takeRows()
}

// enumerate names a few of many.
func enumerate(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
