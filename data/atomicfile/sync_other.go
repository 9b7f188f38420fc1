//go:build !linux

package atomicfile

// syncFiles syncs one file after the other.
func syncFiles(_ string, paths []string) error { return syncEach(paths) }
