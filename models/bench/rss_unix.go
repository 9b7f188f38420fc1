//go:build unix

package bench

import (
	"runtime"
	"syscall"
)

// peakRSS is the most memory the process has had resident, in bytes.
func peakRSS() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss) // the one that counts bytes
	}
	return int64(u.Maxrss) << 10
}
