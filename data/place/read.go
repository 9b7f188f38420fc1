package place

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
)

// mostRead is the largest file that is read into memory: larger ones are Fetched.
const mostRead = 1 << 30

// Read reads a whole file.
func Read(ctx context.Context, name string) ([]byte, error) {
	if !Remote(name) {
		return os.ReadFile(Path(name))
	}
	s, key, err := store.File(ctx, name)
	if err != nil {
		return nil, err
	}
	b, _, err := store.ReadAll(ctx, s, key, mostRead)
	return b, err
}

// Open opens a file to be read from its beginning to its end.
func Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if !Remote(name) {
		return os.Open(Path(name))
	}
	s, key, err := store.File(ctx, name)
	if err != nil {
		return nil, err
	}
	r, _, err := s.Open(ctx, key)
	return r, err
}

// Exists says whether there is a file.
func Exists(ctx context.Context, name string) (bool, error) {
	var err error
	if Remote(name) {
		var s store.Store
		var key string
		if s, key, err = store.File(ctx, name); err == nil {
			_, err = s.Stat(ctx, key)
		}
	} else {
		_, err = os.Stat(Path(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Fetch copies a file of a store to a path of this machine, whole or not at all.
func Fetch(ctx context.Context, name, to string) error {
	s, key, err := store.File(ctx, name)
	if err != nil {
		return err
	}
	return fetch(ctx, s, key, to)
}

func fetch(ctx context.Context, s store.Store, key, to string) error {
	r, _, err := s.Open(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close() // opened for reading: nothing can be lost
	if err := atomicfile.MakeFolder(filepath.Dir(to)); err != nil {
		return err
	}
	return atomicfile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// File is a file below a folder.
type File struct {
	Name     string // below the folder, with slashes
	Size     int64
	Modified time.Time
}

// Files are those below a folder and in the folders there, in no order. Of a folder
// that does not exist there are none.
func Files(ctx context.Context, folder string) (list []File, err error) {
	if Remote(folder) {
		s, err := store.For(ctx, folder)
		if err != nil {
			return nil, err
		}
		for o, err := range s.List(ctx, store.ListOptions{}) {
			if err != nil {
				return nil, err
			}
			list = append(list, File{o.Key, o.Size, o.Modified})
		}
		return list, nil
	}
	folder = Path(folder)
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		list = append(list, File{filepath.ToSlash(name), info.Size(), info.ModTime()})
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}
