package place

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
)

// Publish gives a finished file of this machine a name that nothing had before, as
// atomicfile.Publish does. Of a path of this machine the folder is to be there, and
// to be synced afterwards.
func Publish(ctx context.Context, from, to string) (made bool, err error) {
	if !Remote(to) {
		return atomicfile.Publish(from, Path(to))
	}
	f, err := os.Open(from)
	if err != nil {
		return false, err
	}
	defer f.Close()
	s, key, err := store.File(ctx, to)
	if err != nil {
		return false, err
	}
	err = send(ctx, s, key, f, true)
	if err == nil || !errors.Is(err, fs.ErrExist) {
		return err == nil, err
	}
	same, err := sameContent(ctx, s, key, f)
	if err == nil && !same {
		err = &atomicfile.OtherError{Path: Shown(to)}
	}
	return false, err
}

// Put gives a finished file of this machine a name, in the place of what has it.
func Put(ctx context.Context, from, to string) error {
	if !Remote(to) {
		return atomicfile.Write(Path(to), func(w io.Writer) error {
			f, err := os.Open(from)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(w, f)
			return err
		})
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	s, key, err := store.File(ctx, to)
	if err != nil {
		return err
	}
	return send(ctx, s, key, f, false)
}

// send makes an object of a file's bytes.
func send(ctx context.Context, s store.Store, key string, f *os.File, ifAbsent bool) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w, err := s.Create(ctx, key, store.CreateOptions{IfAbsent: ifAbsent, Size: info.Size()})
	if err != nil {
		return err
	}
	// One that is appended to meanwhile is put as it was.
	if _, err := io.Copy(w, io.LimitReader(f, info.Size())); err != nil {
		return errors.Join(err, w.Abort())
	}
	_, err = w.Commit()
	return err
}

func sameContent(ctx context.Context, s store.Store, key string, f *os.File) (bool, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	r, o, err := s.Open(ctx, key)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if info, err := f.Stat(); err != nil || o.Size >= 0 && o.Size != info.Size() {
		return false, err
	}
	var here, there [1 << 16]byte
	for {
		n, err := io.ReadFull(f, here[:])
		m, err2 := io.ReadFull(r, there[:])
		switch ended, ended2 := atEnd(err), atEnd(err2); {
		case err != nil && !ended:
			return false, err
		case err2 != nil && !ended2:
			return false, err2
		case !bytes.Equal(here[:n], there[:m]) || ended != ended2:
			return false, nil
		case ended:
			return true, nil
		}
	}
}

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// WriteOnce makes a small file of bytes, unless the name is taken: then it is
// Publish's word whether that is as good.
func WriteOnce(ctx context.Context, name string, body []byte) (made bool, err error) {
	if !Remote(name) {
		return atomicfile.WriteOnce(Path(name), func(w io.Writer) error {
			_, err := w.Write(body)
			return err
		})
	}
	s, key, err := store.File(ctx, name)
	if err != nil {
		return false, err
	}
	made, err = store.Publish(ctx, s, key, body)
	if errors.Is(err, fs.ErrExist) {
		err = &atomicfile.OtherError{Path: Shown(name)}
	}
	return made, err
}

// CheckOnce refuses a folder of a store that does not keep WriteOnce's promise.
func CheckOnce(ctx context.Context, folder string) error {
	if !Remote(folder) {
		return nil
	}
	s, err := store.For(ctx, folder)
	if err != nil {
		return err
	}
	return store.CheckIfAbsent(ctx, s, "")
}

// Write makes a small file of bytes, in the place of what has the name.
func Write(ctx context.Context, name string, body []byte) error {
	if !Remote(name) {
		return atomicfile.Write(Path(name), func(w io.Writer) error {
			_, err := w.Write(body)
			return err
		})
	}
	s, key, err := store.File(ctx, name)
	if err != nil {
		return err
	}
	_, err = store.Put(ctx, s, key, body, store.CreateOptions{})
	return err
}

// Remove removes a file. That it is not there is no error.
func Remove(ctx context.Context, name string) error {
	if !Remote(name) {
		if err := os.Remove(Path(name)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	s, key, err := store.File(ctx, name)
	if err != nil {
		return err
	}
	return s.Delete(ctx, key)
}

// Move gives a small file another name, in the same folder or store. In a store that
// is two steps: one that is killed on the way leaves both.
func Move(ctx context.Context, from, to string) error {
	if !Remote(from) {
		return os.Rename(Path(from), Path(to))
	}
	b, err := Read(ctx, from)
	if err != nil {
		return err
	}
	if err := Write(ctx, to, b); err != nil {
		return err
	}
	return Remove(ctx, from)
}

// MakeFolder makes a folder where there can be one: in a store, folders are what
// names begin with.
func MakeFolder(dir string) error {
	if Remote(dir) {
		return nil
	}
	return atomicfile.MakeFolder(Path(dir))
}

// SyncDir makes the names in a folder last, where they do not anyway.
func SyncDir(dir string) error {
	if Remote(dir) {
		return nil
	}
	return atomicfile.SyncDir(filepath.Clean(Path(dir)))
}
