//go:build unix

package machine

import (
	"time"

	"golang.org/x/sys/unix"
)

// ProcessTime is the processor time the process has used, user and system.
func ProcessTime() time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
