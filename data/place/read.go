package place

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
)

// mostRead is the largest file that is read into memory: larger ones are fetched.
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

// fetch copies a file of a store to a path of this machine, whole or not at all.
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

// Size is how many bytes a file has.
func Size(ctx context.Context, name string) (int64, error) {
	if Remote(name) {
		s, key, err := store.File(ctx, name)
		if err != nil {
			return 0, err
		}
		o, err := s.Stat(ctx, key)
		return o.Size, err
	}
	info, err := os.Stat(Path(name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Stamp is of a file what changes when it does: its size, and its version or time; of
// a folder the word, for which in a store something is to be in it. Empty: there is
// none.
func Stamp(ctx context.Context, name string) (string, error) {
	if !Remote(name) {
		info, err := os.Stat(Path(name))
		switch {
		case err != nil:
			return "", nil
		case info.IsDir():
			return FolderStamp, nil
		}
		return fmt.Sprintf("%d bytes of %d", info.Size(), info.ModTime().UnixNano()), nil
	}
	s, key, err := store.File(ctx, name)
	if err != nil {
		return "", err
	}
	o, err := s.Stat(ctx, key)
	if err == nil {
		return fmt.Sprintf("%d bytes of %s", o.Size, cmp.Or(o.Version, fmt.Sprint(o.Modified.UnixNano()))), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if s, err = store.For(ctx, name); err != nil {
		return "", err
	}
	for _, err := range s.List(ctx, store.ListOptions{Folder: true}) {
		if errors.Is(err, store.ErrUnsupported) { // a web server's
			return "", nil
		}
		return FolderStamp, err
	}
	return "", nil
}

// FolderStamp is what Stamp says of a folder.
const FolderStamp = "folder"

// Files are those of Each.
func Files(ctx context.Context, folder string) (list []File, err error) {
	for f, err := range Each(ctx, folder) {
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// Each yields the files below a folder and in the folders there, in no order. Of a
// folder that does not exist there are none. An error comes last.
func Each(ctx context.Context, folder string) iter.Seq2[File, error] {
	if !Remote(folder) {
		return eachHere(filepath.Clean(Path(folder)))
	}
	return func(yield func(File, error) bool) {
		s, err := store.For(ctx, folder)
		if err != nil {
			yield(File{}, err)
			return
		}
		for o, err := range s.List(ctx, store.ListOptions{}) {
			if !yield(File{o.Key, o.Size, o.Modified}, err) {
				return
			}
		}
	}
}

func eachHere(folder string) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			name, err := filepath.Rel(folder, path)
			if err == nil && !yield(File{filepath.ToSlash(name), info.Size(), info.ModTime()}, nil) {
				err = fs.SkipAll
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(File{}, err)
		}
	}
}

// Names are those of what stands in a folder, in no order. Of a folder that does not
// exist there are none.
func Names(ctx context.Context, folder string) (names []string, err error) {
	if !Remote(folder) {
		entries, err := os.ReadDir(Path(folder))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names, err
	}
	s, err := store.For(ctx, folder)
	if err != nil {
		return nil, err
	}
	for o, err := range s.List(ctx, store.ListOptions{Folder: true}) {
		if err != nil {
			return nil, err
		}
		names = append(names, strings.TrimSuffix(o.Key, "/"))
	}
	return names, nil
}

// FetchFolder copies the files of a folder of a store, as far as they are wanted,
// into one of this machine.
func FetchFolder(ctx context.Context, folder, to string, wanted func(name string) bool) error {
	s, err := store.For(ctx, folder)
	if err != nil {
		return err
	}
	_, err = fetchAll(ctx, s, to, wanted)
	return err
}

// atOnce is how many files of a folder are fetched at the same time.
const atOnce = 16

// fetchAll copies the files of a store, as far as they are wanted, and says how many
// those are.
func fetchAll(ctx context.Context, s store.Store, to string, wanted func(name string) bool) (files int, err error) {
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for o, err := range s.List(ctx, store.ListOptions{}) {
		if err != nil {
			group.Wait()
			return files, err
		}
		if wanted(o.Key) {
			files++
			group.Go(func() error { return fetch(all, s, o.Key, filepath.Join(to, filepath.FromSlash(o.Key))) })
		}
	}
	return files, group.Wait()
}
