package component

import (
	"errors"

	"golang.org/x/sys/unix"
)

// kernelFS are file systems that show what the kernel holds, where nobody can
// make a file, though access says that root may.
var kernelFS = []int64{unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.DEVPTS_SUPER_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC}

// takesFiles says why no file can be made in a folder, whoever asks.
func takesFiles(folder string) error {
	var fs unix.Statfs_t
	if unix.Statfs(folder, &fs) != nil {
		return nil // the writing will tell
	}
	for _, magic := range kernelFS {
		if int64(fs.Type) == magic {
			return errors.New("the kernel's own files are there, and no others can be")
		}
	}
	return nil
}
