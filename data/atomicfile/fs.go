package atomicfile

import (
	"bytes"
	"errors"
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
	// Discard removes a file that Create has opened, unless a living writer has it.
	Discard(path string) error
	// Same says whether both are regular files that hold the same bytes. It
	// says no when it cannot tell.
	Same(a, b string) bool
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
	for {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return nil, err
		}
		if err := hold(f); err != nil {
			return nil, errors.Join(named(err, path), f.Close(), os.Remove(path))
		}
		err = stillNamed(f, path)
		if err == nil {
			return f, nil
		}
		f.Close() // it is empty
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		// Another's Sweep came before it was held.
	}
}
func (osFS) Discard(path string) error                  { return discard(path) }
func (osFS) Rename(from, to string) error               { return os.Rename(from, to) }
func (osFS) Remove(path string) error                   { return os.Remove(path) }
func (osFS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }

func (osFS) Same(a, b string) bool {
	was, err := os.Lstat(a)
	is, err2 := os.Lstat(b)
	if err != nil || err2 != nil || !was.Mode().IsRegular() || !is.Mode().IsRegular() || was.Size() != is.Size() {
		return false
	}
	return SameContent(a, b)
}

func (osFS) SyncFiles(dir string, paths []string) error { return syncFiles(dir, paths) }

func (osFS) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// SameContent says that two files can be read and hold the same bytes.
func SameContent(a, b string) bool {
	f, err := os.Open(a)
	if err != nil {
		return false
	}
	defer f.Close()
	g, err := os.Open(b)
	if err != nil {
		return false
	}
	defer g.Close()
	return sameBytes(f, g)
}

func sameBytes(a, b io.Reader) bool {
	var x, y [1 << 16]byte
	for {
		n, err := io.ReadFull(a, x[:])
		m, err2 := io.ReadFull(b, y[:])
		switch {
		case err != err2 || !bytes.Equal(x[:n], y[:m]):
			return false
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return true
		case err != nil:
			return false
		}
	}
}
