package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// fewFiles are synced one by one: syncing the file system they are on may have
// to write out what other programs have written to it.
const fewFiles = 8

// syncFiles syncs the file system that the folder is on, in one go, or the
// files one by one, where they are few or the file system can do no more.
func syncFiles(dir string, paths []string) error {
	if len(paths) < fewFiles {
		return syncEach(paths)
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); !isUnsupported(err) {
		return err
	}
	return syncEach(paths)
}
