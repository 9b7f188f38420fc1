//go:build !linux

package atomicfile

import "errors"

// renameWithoutReplacing is not to be had.
func renameWithoutReplacing(string, string) error { return errors.ErrUnsupported }
