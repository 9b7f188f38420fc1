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

// lacksLinks says whether an error is that of a file system without hard links, or
// of a system that allows no more of them, or none to files of others.
func lacksLinks(err error) bool {
	return isUnsupported(err) || oneOf(err, unix.EPERM, unix.EMLINK)
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
