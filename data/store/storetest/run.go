package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"hpaflow/data/store"
)

// Options say what is asked of a store beside what all are asked.
type Options struct {
	Large int // bytes of an object that goes in several parts; default 1 MiB
	Many  int // objects of a listing that has several pages; default 50

	// Racy servers check whether there is an object and make it in two steps, and so
	// cannot pass the test of many who make one at once. They are for tests alone.
	Racy bool
}

// Run holds a store to its contract. New gives an empty place.
func Run(t *testing.T, o Options, new func(t *testing.T) store.Store) {
	if o.Large == 0 {
		o.Large = 1 << 20
	}
	if o.Many == 0 {
		o.Many = 50
	}
	for name, test := range map[string]func(*testing.T, store.Store, Options){
		"write and read": writeAndRead,
		"replace":        replace,
		"abort":          abort,
		"if absent":      ifAbsent,
		"race":           race,
		"list":           list,
		"many":           many,
		"odd keys":       oddKeys,
		"bad keys":       badKeys,
		"below":          below,
		"delete":         deleting,
		"cancel":         cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			if name == "race" && o.Racy {
				t.Skip("this server checks and makes an object in two steps")
			}
			test(t, new(t), o)
		})
	}
	RunReading(t, func(t *testing.T, files map[string][]byte) store.Store {
		s := new(t)
		for key, body := range files {
			put(t, s, key, body)
		}
		return s
	})
}

// Body is content that nothing else has.
func Body(size int, seed uint64) []byte {
	b := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	source.Read(b)
	return b
}

func put(t *testing.T, s store.Store, key string, body []byte) store.Object {
	t.Helper()
	o, err := store.Put(t.Context(), s, key, body, store.CreateOptions{})
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	if o.Key != key || o.Size != int64(len(body)) {
		t.Errorf("put %s of %d bytes came to %+v", key, len(body), o)
	}
	return o
}

func get(t *testing.T, s store.Store, key string) []byte {
	t.Helper()
	b, _, err := store.ReadAll(t.Context(), s, key, 1<<30)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	return b
}

// keys are what a listing has: an object with its length, a folder alone.
func keys(t *testing.T, s store.Store, o store.ListOptions) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	for object, err := range s.List(t.Context(), o) {
		if err != nil {
			t.Fatalf("list %+v: %v", o, err)
		}
		if _, twice := all[object.Key]; twice {
			t.Errorf("list %+v: %s twice", o, object.Key)
		}
		if object.Folder != strings.HasSuffix(object.Key, "/") {
			t.Errorf("list %+v: %+v", o, object)
		}
		all[object.Key] = object.Size
	}
	return all
}

// nothing checks that there is no object, and that listings have none.
func nothing(t *testing.T, s store.Store, key string) {
	t.Helper()
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, store.ErrNotExist) {
		t.Errorf("stat %s: %v", key, err)
	}
	if all := keys(t, s, store.ListOptions{}); len(all) != 0 {
		t.Errorf("there is %v", all)
	}
}

func writeAndRead(t *testing.T, s store.Store, o Options) {
	for i, size := range []int{0, 1, 4096, o.Large} {
		key, body := fmt.Sprintf("a/%d", i), Body(size, uint64(i))
		made := put(t, s, key, body)
		if !bytes.Equal(get(t, s, key), body) {
			t.Errorf("%s: other bytes are read than were written", key)
		}
		there, err := s.Stat(t.Context(), key)
		if err != nil || there.Key != key || there.Size != made.Size || there.Version != made.Version {
			t.Errorf("%s: stat says %+v, commit said %+v; %v", key, there, made, err)
		}
	}
	// in pieces of all sizes, of an object whose length is not known before
	body := Body(o.Large, 9)
	w, err := s.Create(t.Context(), "b", store.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for at, n := 0, 1; at < len(body); at, n = at+n, n*3 {
		n = min(n, len(body)-at)
		if _, err := w.Write(body[at : at+n]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("abort after commit: %v", err)
	}
	if !bytes.Equal(get(t, s, "b"), body) {
		t.Error("other bytes are read than were written in pieces")
	}
}

// replace: readers of the former version learn that it is gone.
func replace(t *testing.T, s store.Store, o Options) {
	was := put(t, s, "k", []byte("the first"))
	is := put(t, s, "k", []byte("the other"))
	if was.Version == "" || was.Version == is.Version {
		t.Errorf("versions %q and %q of different bytes", was.Version, is.Version)
	}
	p := make([]byte, 5)
	if _, err := s.ReadAt(t.Context(), "k", was.Version, p, 4); !errors.Is(err, store.ErrChanged) {
		t.Errorf("reading a version that was replaced: %v", err)
	}
	for _, version := range []string{is.Version, ""} {
		if n, err := s.ReadAt(t.Context(), "k", version, p, 4); n != 5 || err != nil && err != io.EOF || string(p) != "other" {
			t.Errorf("reading version %q: %q, %v", version, p[:n], err)
		}
	}
}

func abort(t *testing.T, s store.Store, o Options) {
	for _, size := range []int{0, 10, o.Large} {
		w, err := s.Create(t.Context(), "d/k", store.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(Body(size, 1)); err != nil {
			t.Fatal(err)
		}
		nothing(t, s, "d/k") // not before it is committed
		if err := w.Abort(); err != nil {
			t.Errorf("abort after %d bytes: %v", size, err)
		}
		nothing(t, s, "d/k")
	}
}

func deleting(t *testing.T, s store.Store, _ Options) {
	put(t, s, "d/a", []byte("a"))
	put(t, s, "d/ab", []byte("ab"))
	for range 2 {
		if err := s.Delete(t.Context(), "d/a"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Stat(t.Context(), "d/a"); !errors.Is(err, store.ErrNotExist) {
		t.Errorf("stat of a deleted one: %v", err)
	}
	if string(get(t, s, "d/ab")) != "ab" {
		t.Error("another went with it")
	}
}

// cancelled: every method ends with the cause, and nothing appears.
func cancelled(t *testing.T, s store.Store, _ Options) {
	put(t, s, "k", []byte("k"))
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	w, err := s.Create(ctx, "new", store.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("x"))
	cancel(cause)
	_, commit := w.Commit()
	_, _, open := s.Open(ctx, "k")
	_, stat := s.Stat(ctx, "k")
	_, read := s.ReadAt(ctx, "k", "", make([]byte, 1), 0)
	_, create := store.Put(ctx, s, "other", []byte("x"), store.CreateOptions{})
	var list error
	for _, list = range s.List(ctx, store.ListOptions{}) {
	}
	for name, err := range map[string]error{"commit": commit, "open": open, "stat": stat, "read": read, "create": create, "list": list, "delete": s.Delete(ctx, "k")} {
		if !errors.Is(err, cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all := keys(t, s, store.ListOptions{}); len(all) != 1 {
		t.Errorf("there is %v", all)
	}
}
