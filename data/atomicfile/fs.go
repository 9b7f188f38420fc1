package atomicfile

import (
	"io"
	"io/fs"
	"os"
)

// FS is what writing a file atomically asks of a file system.
type FS interface {
	// Create opens a new file; one that exists is an error.
	Create(path string) (Handle, error)
	Rename(from, to string) error
	Remove(path string) error
	ReadDir(path string) ([]fs.DirEntry, error)
	// SyncDir makes renames in a folder last.
	SyncDir(path string) error
	// SyncFiles makes the content of files in a folder last.
	SyncFiles(dir string, paths []string) error
}

// Handle is a file that is being written.
type Handle interface {
	io.WriteCloser
	Sync() error
}

// OS is the machine's file system.
var OS FS = osFS{}

type osFS struct{}

func (osFS) Create(path string) (Handle, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}
func (osFS) Rename(from, to string) error               { return os.Rename(from, to) }
func (osFS) Remove(path string) error                   { return os.Remove(path) }
func (osFS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }

func (osFS) SyncFiles(dir string, paths []string) error { return syncFiles(dir, paths) }

func (osFS) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
