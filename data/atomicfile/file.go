package atomicfile

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
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
	temp   string // empty: it is written to as it is
	done   bool
}

// Create begins a file. It is followed by one of Commit and Abort. What is
// special, such as a device, is opened, and gets what is written at once.
func Create(fs FS, path string) (*File, error) {
	path, special, err := resolve(path)
	if err != nil {
		return nil, err
	}
	f := &File{fs: fs, path: path}
	if special {
		f.handle, err = openSpecial(path)
	} else {
		f.temp = temporary(path)
		f.handle, err = fs.Create(f.temp)
	}
	if err != nil {
		return nil, named(err, path)
	}
	f.buffer = bufio.NewWriterSize(f.handle, 1<<18)
	return f, nil
}

// maxStem is how much of a file's name its temporary file has: with the rest of
// the name not more than file systems take.
const maxStem = 200

// temporary makes a name beside path that nothing else has.
func temporary(path string) string {
	var id [6]byte
	rand.Read(id[:])
	dir, name := filepath.Split(path)
	return dir + stem(name) + hex.EncodeToString(id[:]) + Suffix
}

// stem is what the names of a file's temporary files begin with.
func stem(name string) string { return "." + name[:min(len(name), maxStem)] + "." }

// Write adds to the file.
func (f *File) Write(b []byte) (int, error) { return f.buffer.Write(b) }

// Overwrite puts other bytes in the place of some that were written before.
func (f *File) Overwrite(b []byte, at int64) error {
	if err := f.buffer.Flush(); err != nil {
		return named(err, f.path)
	}
	w, can := f.handle.(io.WriterAt)
	if !can || f.temp == "" {
		return fmt.Errorf("%s is no file in which one can go back", f.path)
	}
	_, err := w.WriteAt(b, at)
	return named(err, f.path)
}

// Commit makes the file appear, in place of one that has the name. One that
// holds the same bytes is left as it is. If Commit fails, the file is aborted.
func (f *File) Commit() error { return f.commit(false) }

// CommitNew is Commit where nothing has the name, and else fs.ErrExist, whatever
// bytes are there. Of several that do it at once one makes the file.
func (f *File) CommitNew() error { return f.commit(true) }

func (f *File) commit(new bool) error {
	if f.done {
		return errors.New("atomicfile: committed or aborted before")
	}
	if err := f.buffer.Flush(); err != nil {
		return errors.Join(named(err, f.path), f.Abort())
	}
	if f.temp == "" {
		f.done = true
		return named(f.handle.Close(), f.path)
	}
	if !new && f.fs.Same(f.temp, f.path) {
		return f.Abort()
	}
	if err := conceding(f.handle.Sync(), f.path, noSync); err != nil {
		return errors.Join(named(err, f.path), f.Abort())
	}
	f.done = true
	move := f.fs.Rename
	if new {
		move = f.linkNew
	}
	moved := false
	err := f.release(func() error {
		err := move(f.temp, f.path)
		moved = err == nil
		return err
	})
	if err != nil && !moved {
		err = errors.Join(err, f.fs.Remove(f.temp))
	}
	if err != nil {
		return named(err, f.path)
	}
	return syncDir(f.fs, filepath.Dir(f.path))
}

// linkNew gives the temporary file its name where nothing has it.
func (f *File) linkNew(temp, path string) error {
	err := hardLink(temp, path)
	if lacksLinks(err) {
		return moveNew(temp, path)
	}
	if err != nil {
		return err
	}
	f.fs.Remove(temp) // else Sweep does: the file has appeared
	return nil
}

// Abort removes what was written. After Commit it does nothing.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	if f.temp == "" {
		return f.handle.Close()
	}
	return f.release(func() error { return f.fs.Remove(f.temp) })
}

// release closes the temporary file and moves or removes it: first that, where
// an open file can be moved, since Sweep spares a file until it is closed.
func (f *File) release(move func() error) error {
	if moveOpen {
		return errors.Join(move(), f.handle.Close())
	}
	if err := f.handle.Close(); err != nil {
		return err
	}
	return move()
}

// Write makes a file of what fill writes. When fill fails there is no file. A
// device or pipe is written to as it is, and of a link what it leads to is made.
func Write(path string, fill func(io.Writer) error) error { return WriteTo(OS, path, fill) }

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

// Sweep removes the temporary files in a folder that no living writer has. Its
// caller holds the folder's Lock.
func Sweep(fs FS, dir string) error { return sweep(fs, dir, ".") }

// SweepFile removes the temporary files of one file that no living writer has.
func SweepFile(fs FS, path string) error {
	path, special, err := resolve(path)
	if err != nil || special {
		return err
	}
	dir, name := filepath.Split(path)
	err = sweep(fs, filepath.Clean(dir), stem(name))
	if errors.Is(err, iofs.ErrPermission) {
		return nil // of a folder that may not be read nobody knows what is there
	}
	return err
}

func sweep(fs FS, dir, prefix string) error {
	entries, err := fs.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), Suffix) {
			continue
		}
		if err := fs.Discard(filepath.Join(dir, e.Name())); err != nil && !isNotExist(err) {
			return err
		}
	}
	return nil
}
