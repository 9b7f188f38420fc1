//go:build unix

package feed

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pollTime is how long the end of a run may go unnoticed by a source that waits.
const pollTime = 50 * time.Millisecond

// await returns when a file has something to read, or its end, or ctx ends.
// The system's poll is asked, since a read of a pipe cannot be called back.
func await(ctx context.Context, f *os.File, timeout time.Duration) (ready bool, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return true, nil // the read tells what is wrong
	}
	asked := raw.Control(func(fd uintptr) {
		list := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, fault := unix.Poll(list, int(timeout.Milliseconds()))
		ready = n > 0 || fault != nil && fault != unix.EINTR
	})
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return ready || asked != nil, nil
}
