// Package machine tells what the process may use of the machine it runs on, and
// what it has used.
package machine

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// Memory is the memory the process may use, in bytes: what its control
// group and the limit on its address space allow, else what the machine has, else
// 4 GiB.
func Memory() int64 {
	const unknown = 4 << 30
	memory := int64(unknown)
	if n, ok := memTotal("/proc/meminfo"); ok {
		memory = n
	}
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			memory = min(memory, n)
		}
	}
	if n, limited := addressFree(); limited {
		memory = max(1, min(memory, n))
	}
	return memory
}

func memTotal(path string) (int64, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 3 && words[0] == "MemTotal:" && words[2] == "kB" {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n * 1024, err == nil
		}
	}
	return 0, false
}
