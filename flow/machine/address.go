package machine

import (
	"fmt"
	"os"
)

// around is what the process maps beside what a run holds: the collector's own,
// and what is freed and not given back yet.
const around = 128 << 20

// CheckAddressSpace says why the process cannot hold so many bytes more: the
// limit on its address space (ulimit -v) is too low. Without one it is nil.
func CheckAddressSpace(bytes int64) error {
	limit, limited := addressLimit()
	if !limited {
		return nil
	}
	if needs := addressTaken() + bytes + bytes/4 + around; needs > limit {
		return fmt.Errorf("needs %d KiB of address space, and ulimit -v allows %d: raise that, or give the run less memory", needs>>10, limit>>10)
	}
	return nil
}

// addressFree is what a limit on the address space leaves a run.
func addressFree() (bytes int64, limited bool) {
	limit, limited := addressLimit()
	return max(0, limit-addressTaken()-around) / 5 * 4, limited
}

// addressTaken is the process's address space now; 0 where it cannot be told.
func addressTaken() int64 {
	var pages int64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &pages)
	}
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
