package flow

import (
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"
)

// StageError is a run's cause: which stage failed, on which record, and why.
type StageError struct {
	Stage string
	Key   string // empty when no single record is at fault
	Err   error
}

func (e *StageError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s: %v", e.Stage, e.Err)
	}
	return withFile(fmt.Sprintf("%s: %s: %v", e.Stage, e.Key, e.Err), fileOf(e.Err))
}

func (e *StageError) Unwrap() error { return e.Err }

// Skip is the error by which a stage drops a record that is not wanted: it is
// counted and reported by name, and is no fault.
func Skip(reason string) error { return skipError(reason) }

type skipError string

func (e skipError) Error() string { return string(e) }

// errFiltered drops a record without a word.
var errFiltered = errors.New("filtered out")

// Fatal marks an error that no policy can skip, such as a full disk: it ends
// the run. A sink's errors are fatal unless OfRecord says otherwise.
func Fatal(err error) error { return gravity{err, true} }

// OfRecord marks a sink's error as the fault of the one record.
func OfRecord(err error) error { return gravity{err, false} }

type gravity struct {
	error
	fatal bool
}

func (g gravity) Unwrap() error { return g.error }

// ofProcess marks an error that is no record's, though a record met it: the
// process has no more files to open, and every record after it would fail too.
func ofProcess(err error) error {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return Fatal(fmt.Errorf("%w; raise the limit (ulimit -n), or give the run fewer --workers", err))
	}
	return err
}

// isFatal says how grave an error is; fallback serves where it is unmarked.
func isFatal(err error, fallback bool) bool {
	var g gravity
	if errors.As(err, &g) {
		return g.fatal
	}
	return fallback
}

// PanicError is a panic inside a stage, caught. A panic that was caught on
// another goroutine, and has a PanicStack of its own, stays the error it is.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// PanicStack is where it happened.
func (e *PanicError) PanicStack() []byte { return e.Stack }

// panicked is an error that was a panic.
type panicked interface {
	error
	PanicStack() []byte
}

// errEnded ends a worker that has seen the end of its input. It is no fault.
var errEnded = errors.New("end of input")

// catch turns a panic into an error; it must be deferred directly.
func catch(err *error) {
	switch v := recover().(type) {
	case nil:
	case panicked: // on a goroutine of the stage's own, which handed it on
		*err = v
	default:
		*err = &PanicError{Value: v, Stack: debug.Stack()}
	}
}
