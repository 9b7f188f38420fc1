package zarrtest

import (
	"bytes"
	"context"
	"io"
	"iter"
	"path"
	"strings"

	"hpaflow/data/store"
)

// Memory is a store of files in memory, that can only be read: those below a path.
type Memory struct {
	Files map[string][]byte
	At    string
}

func (m Memory) get(key string) ([]byte, store.Object, error) {
	b, found := m.Files[path.Join(m.At, key)]
	if !found {
		return nil, store.Object{}, &store.Error{URL: m.URL(key), Kind: store.ErrNotExist}
	}
	return b, store.Object{Key: key, Size: int64(len(b))}, nil
}

// List yields all files below a prefix.
func (m Memory) List(_ context.Context, o store.ListOptions) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		for name, b := range m.Files {
			key, below := strings.CutPrefix(name, m.At+"/")
			if below && strings.HasPrefix(key, o.Prefix) && !yield(store.Object{Key: key, Size: int64(len(b))}, nil) {
				return
			}
		}
	}
}

// Open reads a file.
func (m Memory) Open(_ context.Context, key string) (io.ReadCloser, store.Object, error) {
	b, o, err := m.get(key)
	return io.NopCloser(bytes.NewReader(b)), o, err
}

// ReadAt reads a piece of a file.
func (m Memory) ReadAt(_ context.Context, key, _ string, p []byte, offset int64) (int, error) {
	b, _, err := m.get(key)
	if err != nil {
		return 0, err
	}
	return bytes.NewReader(b).ReadAt(p, offset)
}

// Stat tells of a file.
func (m Memory) Stat(_ context.Context, key string) (store.Object, error) {
	_, o, err := m.get(key)
	return o, err
}

// Create and Delete are refused.
func (m Memory) Create(context.Context, string, store.CreateOptions) (store.Writer, error) {
	return nil, store.ErrUnsupported
}

// Delete is refused.
func (m Memory) Delete(context.Context, string) error { return store.ErrUnsupported }

// URL is a file's name.
func (m Memory) URL(key string) string { return path.Join(m.At, key) }
