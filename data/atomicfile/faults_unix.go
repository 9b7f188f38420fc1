//go:build unix

package atomicfile

import (
	"errors"

	"golang.org/x/sys/unix"
)

const openNonblock = unix.O_NONBLOCK

func isNoReader(err error) bool { return errors.Is(err, unix.ENXIO) }

// isUnsupported says that a file system cannot do what was asked at all.
func isUnsupported(err error) bool {
	return oneOf(err, unix.EINVAL, unix.ENOTSUP, unix.EOPNOTSUPP, unix.ENOSYS, unix.ENOLCK)
}

func isOfName(err error) bool {
	return oneOf(err, unix.ENAMETOOLONG, unix.EILSEQ, unix.EINVAL, unix.EISDIR)
}

func oneOf(err error, list ...error) bool {
	for _, e := range list {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
