//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// isStandIn says whether a file is the null device, opened for reading and
// writing, as the Go runtime opens it for a standard stream that is closed.
func isStandIn(f *os.File) bool {
	null, err := os.Stat(os.DevNull)
	if err != nil {
		return false
	}
	info, err := f.Stat()
	if err != nil || !os.SameFile(info, null) {
		return false
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_ACCMODE == unix.O_RDWR
}
