package store

import (
	"errors"
	"io/fs"
	"time"
)

// The kinds of errors, for errors.Is.
var (
	ErrNotExist    = fs.ErrNotExist
	ErrExist       = fs.ErrExist
	ErrPermission  = fs.ErrPermission
	ErrUnsupported = errors.ErrUnsupported
	ErrChanged     = errors.New("it was changed while it was read")
	ErrCredentials = errors.New("no valid credentials")
	ErrNoBucket    = errors.New("no such bucket")
)

// Error is one of a store.
type Error struct {
	URL   string        // of the object or the store, without secrets
	Kind  error         // one of the above; nil: none of them
	Cause error         // what the store or the network says; may be nil
	Hint  string        // what to do about it; may be empty
	Later bool          // another try may do
	Slow  bool          // the store asks for fewer requests
	After time.Duration // how long it asks to be left alone; 0: it does not say
}

func (e *Error) Error() string {
	text := e.URL + ": "
	switch {
	case e.Kind == nil && e.Cause == nil:
		text += "failed"
	case e.Kind == nil:
		text += e.Cause.Error()
	default:
		text += kindText(e.Kind)
		if e.Cause != nil {
			text += ": " + e.Cause.Error()
		}
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// kindText words the kinds that have the standard library's words.
func kindText(kind error) string {
	switch kind {
	case ErrNotExist:
		return "there is no such object"
	case ErrExist:
		return "there is such an object already"
	case ErrPermission:
		return "access denied"
	case ErrUnsupported:
		return "not supported"
	}
	return kind.Error()
}

func (e *Error) Unwrap() []error {
	var list []error
	for _, err := range []error{e.Kind, e.Cause} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// Temporary says that the same may succeed later: the store was too busy, a
// connection broke, a body was cut off.
func Temporary(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Later
}

// Slow says that a store wants fewer requests.
func Slow(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Slow
}
