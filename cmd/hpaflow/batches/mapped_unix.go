//go:build unix

package batches

import "golang.org/x/sys/unix"

// mapped makes a file so large, and maps it.
func mapped(fd, size int) ([]byte, error) {
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, err
	}
	return unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}
