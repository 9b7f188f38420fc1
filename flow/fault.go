package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// fault deals with what a stage's function returned for a record. It gives
// the tombstone to put in the record's place, or nil for a record that is
// dropped, or the error that ends the run. Fatal says how an unmarked error
// is to be taken.
func (st *stage) fault(ctx context.Context, seq int64, key string, err error, fatal bool) (*DeadLetter, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // the error is most likely the cancellation's doing
	}
	if err == errFiltered {
		st.skipped.Add(1)
		return nil, nil
	}
	var skip skipError
	if errors.As(err, &skip) {
		return nil, st.skip(ctx, seq, key, skip.Error())
	}
	st.errors.Add(1)
	if st.onLetters || isFatal(err, fatal) || st.graph.opts.OnError == OnErrorFail {
		return nil, &StageError{Stage: st.name, Key: key, Err: err}
	}
	letter := &DeadLetter{Seq: seq, Key: key, Stage: st.name, Cause: err.Error(), File: fileOf(err), Time: time.Now()}
	var p panicked
	if errors.As(err, &p) {
		letter.Stack = string(p.PanicStack())
	}
	return letter, st.graph.bury(ctx, letter)
}

// skip counts a record that is not wanted, and names it to whoever reads dead
// letters.
func (st *stage) skip(ctx context.Context, seq int64, key, reason string) error {
	st.skipped.Add(1)
	st.graph.skipped.add(Loss{Key: key, Stage: st.name, Cause: reason})
	if told := st.graph.events.Skipped; told != nil {
		told(st.name, key, reason)
	}
	if st.onLetters {
		return nil // it would wait for itself
	}
	return st.graph.post(ctx, DeadLetter{Seq: seq, Key: key, Stage: st.name, Cause: reason, Time: time.Now(), Skipped: true})
}

// bury counts a dead letter and sends it to whoever reads them.
func (g *Graph) bury(ctx context.Context, d *DeadLetter) error {
	count := g.dead.Add(1)
	g.failed.add(Loss{d.Key, d.Stage, d.Cause, d.File})
	if told := g.events.Dead; told != nil {
		told(*d)
	}
	if g.opts.MaxErrors > 0 && count > int64(g.opts.MaxErrors) {
		return fmt.Errorf("more than max_errors = %d records have failed; the last: %v", g.opts.MaxErrors, d)
	}
	return g.post(ctx, *d)
}

// post sends a letter to the stage that yields them, if there is one.
func (g *Graph) post(ctx context.Context, d DeadLetter) error {
	if g.letters == nil {
		return nil
	}
	select {
	case g.letters <- d:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// DeadLetters is the stream of records that have failed or were skipped, in the
// order of that. Stages that read it run until all others have ended, and
// any error of theirs is fatal.
func (g *Graph) DeadLetters() Out[DeadLetter] {
	if g.lettersOut.outlet != nil {
		return g.lettersOut
	}
	g.letters = make(chan DeadLetter, 64)
	out := Source(g, Stage{Name: "dead letters"}, func(ctx context.Context, to *Emitter[DeadLetter]) error {
		for {
			d, open, err := g.nextLetter(ctx, to.worker)
			if err != nil || !open {
				return err
			}
			if err := to.Emit(d.Key, d); err != nil {
				return err
			}
		}
	})
	out.outlet.stage.onLetters = true
	g.lettersOut = out
	return out
}

func (g *Graph) nextLetter(ctx context.Context, w *worker) (DeadLetter, bool, error) {
	w.clock.enter(stateStarved)
	defer w.clock.enter(stateBusy)
	select {
	case d, open := <-g.letters:
		return d, open, nil
	case <-ctx.Done():
		return DeadLetter{}, false, context.Cause(ctx)
	}
}

// OfFile marks an error as one of a file, so that whoever mends it knows which.
// Its text stays as it is.
func OfFile(name string, err error) error {
	if err == nil {
		return nil
	}
	return &fileError{name, err}
}

type fileError struct {
	file string
	err  error
}

func (e *fileError) Error() string { return e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// withFile is a line that names the file it is about, if there is one.
func withFile(line, file string) string {
	if file == "" || strings.Contains(line, file) {
		return line
	}
	return line + " (" + file + ")"
}

// fileOf is the file that an error is of; empty if it is of none.
func fileOf(err error) string {
	var f *fileError
	if errors.As(err, &f) {
		return f.file
	}
	return ""
}
