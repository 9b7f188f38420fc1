package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// renameWithoutReplacing is one step, in which nothing loses its name. Not every file
// system can.
func renameWithoutReplacing(from, to string) error {
	if err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
