package cache_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"hpaflow/data/store"
	"hpaflow/data/store/cache"
	"hpaflow/data/store/storetest"
)

func open(t *testing.T, dir string, size int64) *cache.Cache {
	t.Helper()
	c, err := cache.New(dir, size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Err(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// A cached store passes the suite of all stores.
func TestSuite(t *testing.T) {
	c := open(t, t.TempDir(), 64<<20)
	storetest.Run(t, storetest.Options{Large: 1<<20 + 17}, func(t *testing.T) store.Store { return c.Wrap(store.Folder(t.TempDir())) })
}

// counted counts the bytes that are read.
type counted struct {
	store.Store
	read atomic.Int64
}

func (c *counted) ReadAt(ctx context.Context, key, version string, p []byte, offset int64) (int, error) {
	n, err := c.Store.ReadAt(ctx, key, version, p, offset)
	c.read.Add(int64(n))
	return n, err
}

func (c *counted) Open(ctx context.Context, key string) (io.ReadCloser, store.Object, error) {
	r, o, err := c.Store.Open(ctx, key)
	if err == nil {
		r = &countedReader{r, c}
	}
	return r, o, err
}

type countedReader struct {
	io.ReadCloser
	c *counted
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.c.read.Add(int64(n))
	return n, err
}

// What is read twice is sent once, by another process too; what was replaced is
// sent anew, and what was damaged.
func TestSentOnce(t *testing.T) {
	dir, size := t.TempDir(), int64(5<<20+99)
	under := &counted{Store: store.Folder(t.TempDir())}
	put := func(seed uint64) []byte {
		body := storetest.Body(int(size), seed)
		if _, err := store.Put(t.Context(), under, "k", body, store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		return body
	}
	read := func(body []byte, whole bool, most int64) {
		t.Helper()
		before := under.read.Load()
		s := open(t, dir, 64<<20).Wrap(under)
		got, offset := make([]byte, 2<<20), int64(1<<20+5)
		var err error
		if whole {
			offset = 0
			got, _, err = store.ReadAll(t.Context(), s, "k", 1<<30)
		} else {
			_, err = s.ReadAt(t.Context(), "k", "", got, offset)
		}
		if err != nil || !bytes.Equal(got, body[offset:offset+int64(len(got))]) {
			t.Fatalf("%d other bytes, %v", len(got), err)
		}
		if sent := under.read.Load() - before; sent > most {
			t.Errorf("%d bytes were sent, of %d", sent, most)
		}
	}
	body := put(1)
	read(body, false, 3<<20) // three blocks
	read(body, false, 0)
	read(body, true, size)
	read(body, true, 0)
	body = put(2)
	read(body, true, size)
	read(body, false, 0)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) < 9 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err == nil {
			b[len(b)/2] ^= 1
			err = os.WriteFile(name, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	read(body, true, size)
	read(body, true, 0)
}

// sizeless is a store that does not tell sizes.
type sizeless struct{ store.Store }

func (s sizeless) Stat(ctx context.Context, key string) (store.Object, error) {
	o, err := s.Store.Stat(ctx, key)
	o.Size = -1
	return o, err
}

func (s sizeless) Open(ctx context.Context, key string) (io.ReadCloser, store.Object, error) {
	r, o, err := s.Store.Open(ctx, key)
	o.Size = -1
	return r, o, err
}

// An object whose size is not told is whole each time it is read.
func TestUnknownSize(t *testing.T) {
	s := open(t, t.TempDir(), 64<<20).Wrap(sizeless{store.Folder(t.TempDir())})
	body := storetest.Body(3<<20+7, 1)
	if _, err := store.Put(t.Context(), s, "k", body, store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, _, err := store.ReadAll(t.Context(), s, "k", 1<<30)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes of %d, %v", len(got), len(body), err)
		}
	}
}

// The folder stays within its size, though many write to it; and files of others
// stay.
func TestBounded(t *testing.T) {
	dir, other := t.TempDir(), ""
	const size = 20 << 20
	for _, name := range []string{"notes.txt", "aa/notes.txt"} {
		other = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(other), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	under := store.Folder(t.TempDir())
	for i := range 12 {
		if _, err := store.Put(t.Context(), under, string(rune('a'+i)), storetest.Body(3<<20, uint64(i)), store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 3 {
		s := open(t, dir, size).Wrap(under)
		all.Go(func() {
			for i := range 12 {
				b, _, err := store.ReadAll(t.Context(), s, string(rune('a'+i)), 1<<30)
				if err != nil || !bytes.Equal(b, storetest.Body(3<<20, uint64(i))) {
					t.Errorf("%d bytes, %v", len(b), err)
				}
			}
		})
	}
	all.Wait()
	var total int64
	if err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			info, err := e.Info()
			if err != nil {
				return err
			}
			total += info.Size()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if total > size+3*size/16+1<<20 || total < size/2 {
		t.Errorf("it has %d bytes of %d", total, size)
	}
	if b, err := os.ReadFile(other); string(b) != "mine" {
		t.Errorf("another's file has %q, %v", b, err)
	}
}

func TestTooSmall(t *testing.T) {
	if _, err := cache.New(t.TempDir(), 1000); err == nil {
		t.Error("a cache of 1000 bytes was made")
	}
}
