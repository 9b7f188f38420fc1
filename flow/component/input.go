package component

import "errors"

// InputError is that of a run whose input is not what it is for: nothing in it
// is recognised, or it is of another sort. It is the command's fault as a wrong
// argument is, and no record's.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }

func (e *InputError) Unwrap() error { return e.Err }

// IsInputError says whether a run has ended because of its input.
func IsInputError(err error) bool {
	var input *InputError
	return errors.As(err, &input)
}
