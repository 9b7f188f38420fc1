package store

import (
	"context"
	"io"
	"iter"
	"strings"
)

// below is what a store has below a path.
type below struct {
	of   Store
	path string // with a slash at its end
}

// Below is what a store has below a path, by paths from there; the empty key is the
// path itself.
func Below(s Store, path string) Store {
	path = strings.Trim(path, "/")
	if path == "" {
		return s
	}
	if b, is := s.(below); is {
		return below{b.of, b.path + path + "/"}
	}
	if f, is := s.(folder); is {
		return f.below(path)
	}
	return below{s, path + "/"}
}

func (b below) key(key string) string {
	if key == "" {
		return strings.TrimSuffix(b.path, "/")
	}
	return b.path + key
}

// named gives an object its key from here.
func (b below) named(o Object, key string) Object {
	o.Key = key
	return o
}

func (b below) List(ctx context.Context, o ListOptions) iter.Seq2[Object, error] {
	o.Prefix = b.path + o.Prefix
	return func(yield func(Object, error) bool) {
		for object, err := range b.of.List(ctx, o) {
			object.Key = strings.TrimPrefix(object.Key, b.path)
			if err == nil && object.Key == "" {
				continue // a stand-in for the folder itself
			}
			if !yield(object, err) {
				return
			}
		}
	}
}

func (b below) Open(ctx context.Context, key string) (io.ReadCloser, Object, error) {
	r, o, err := b.of.Open(ctx, b.key(key))
	return r, b.named(o, key), err
}

func (b below) ReadAt(ctx context.Context, key, version string, p []byte, offset int64) (int, error) {
	return b.of.ReadAt(ctx, b.key(key), version, p, offset)
}

func (b below) Create(ctx context.Context, key string, o CreateOptions) (Writer, error) {
	w, err := b.of.Create(ctx, b.key(key), o)
	if err != nil {
		return nil, err
	}
	return &belowWriter{w, key}, nil
}

func (b below) Stat(ctx context.Context, key string) (Object, error) {
	o, err := b.of.Stat(ctx, b.key(key))
	return b.named(o, key), err
}

func (b below) Delete(ctx context.Context, key string) error {
	return b.of.Delete(ctx, b.key(key))
}

func (b below) URL(key string) string { return b.of.URL(b.key(key)) }

type belowWriter struct {
	Writer
	key string
}

func (w *belowWriter) Commit() (Object, error) {
	o, err := w.Writer.Commit()
	o.Key = w.key
	return o, err
}
