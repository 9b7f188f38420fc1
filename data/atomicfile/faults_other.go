//go:build !unix

package atomicfile

import (
	"errors"
	"io/fs"
)

const openNonblock = 0

func isNoReader(error) bool     { return false }
func isUnsupported(error) bool  { return false }
func lacksLinks(err error) bool { return err != nil && !errors.Is(err, fs.ErrExist) }
func isOfName(error) bool       { return false }
