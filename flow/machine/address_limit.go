//go:build linux || darwin

package machine

import "golang.org/x/sys/unix"

// addressLimit is the limit that is set on the process's address space
// (ulimit -v), in bytes.
func addressLimit() (bytes int64, limited bool) {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &l); err != nil || uint64(l.Cur) > 1<<62 {
		return 0, false
	}
	return int64(l.Cur), true
}
