//go:build unix

package kernels

import "golang.org/x/sys/unix"

// cpuSeconds is the processor time the process has taken.
func cpuSeconds() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
