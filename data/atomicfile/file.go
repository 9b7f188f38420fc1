package atomicfile

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"strings"
)

// Suffix ends the name of every temporary file.
const Suffix = ".hpaflow-tmp"

// File is a file that appears with Commit. It is not safe for concurrent use.
type File struct {
	fs     FS
	handle Handle
	buffer *bufio.Writer
	path   string
	temp   string
	done   bool
}

// Create begins a file. It is followed by one of Commit and Abort.
func Create(fs FS, path string) (*File, error) {
	temp := temporary(path)
	h, err := fs.Create(temp)
	if err != nil {
		return nil, err
	}
	return &File{fs: fs, handle: h, buffer: bufio.NewWriterSize(h, 1<<18), path: path, temp: temp}, nil
}

// temporary makes a name beside path that nothing else has.
func temporary(path string) string {
	var id [6]byte
	rand.Read(id[:])
	dir, name := filepath.Split(path)
	return dir + "." + name + "." + hex.EncodeToString(id[:]) + Suffix
}

// Write adds to the file.
func (f *File) Write(b []byte) (int, error) { return f.buffer.Write(b) }

// Commit makes the file appear, in place of one that has the name. One that
// holds the same bytes is left as it is. If Commit fails, the file is aborted.
func (f *File) Commit() error {
	if f.done {
		return errors.New("atomicfile: committed or aborted before")
	}
	if err := f.buffer.Flush(); err != nil {
		return errors.Join(err, f.Abort())
	}
	if f.fs.Same(f.temp, f.path) {
		return f.Abort()
	}
	if err := f.handle.Sync(); err != nil {
		return errors.Join(err, f.Abort())
	}
	f.done = true
	err := f.handle.Close()
	if err == nil {
		err = f.fs.Rename(f.temp, f.path)
	}
	if err != nil {
		return errors.Join(err, f.fs.Remove(f.temp))
	}
	return f.fs.SyncDir(filepath.Dir(f.path))
}

// Abort removes what was written. After Commit it does nothing.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	return errors.Join(f.handle.Close(), f.fs.Remove(f.temp))
}

// Write makes a file of what fill writes. When fill fails there is no file. A
// device or pipe is written to as it is, and of a link what it leads to is made.
func Write(path string, fill func(io.Writer) error) error {
	path, special := target(path)
	if special {
		return writeThrough(path, fill)
	}
	return WriteTo(OS, path, fill)
}

// WriteTo is Write on another file system.
func WriteTo(fs FS, path string, fill func(io.Writer) error) error {
	f, err := Create(fs, path)
	if err != nil {
		return err
	}
	if err := fill(f); err != nil {
		return errors.Join(err, f.Abort())
	}
	return f.Commit()
}

// Sweep removes the temporary files in a folder. Its caller holds the folder's
// Lock, so that none of them is being written.
func Sweep(fs FS, dir string) error { return sweep(fs, dir, ".") }

// SweepFile removes the temporary files of one file, which nobody else is
// writing.
func SweepFile(fs FS, path string) error {
	dir, name := filepath.Split(path)
	return sweep(fs, filepath.Clean(dir), "."+name+".")
}

func sweep(fs FS, dir, prefix string) error {
	entries, err := fs.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), Suffix) {
			if err := fs.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
