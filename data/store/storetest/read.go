package storetest

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"

	"hpaflow/data/store"
)

// RunReading holds a store to what reading promises. New gives a place with these
// objects.
func RunReading(t *testing.T, new func(t *testing.T, files map[string][]byte) store.Store) {
	body := Body(200_000, 7)
	s := sync.OnceValue(func() store.Store {
		return new(t, map[string][]byte{"r/body": body, "r/empty": {}, "with space/é": []byte("odd")})
	})
	t.Run("read whole", func(t *testing.T) {
		for key, want := range map[string][]byte{"r/body": body, "r/empty": {}, "with space/é": []byte("odd")} {
			got, o, err := store.ReadAll(t.Context(), s(), key, 1<<20)
			if err != nil || !bytes.Equal(got, want) || o.Key != key || o.Size != int64(len(want)) {
				t.Errorf("%s: %d bytes, %+v, %v", key, len(got), o, err)
			}
		}
		if _, _, err := store.ReadAll(t.Context(), s(), "r/body", 1000); err == nil {
			t.Error("more was read than may be")
		}
	})
	t.Run("read at", func(t *testing.T) { readAt(t, s(), body) })
	t.Run("read missing", func(t *testing.T) {
		for _, key := range []string{"r/none", "none/none", "r", "r/body/x"} {
			_, _, open := s().Open(t.Context(), key)
			_, stat := s().Stat(t.Context(), key)
			_, read := s().ReadAt(t.Context(), key, "", make([]byte, 1), 0)
			for _, err := range []error{open, stat, read} {
				if !errors.Is(err, store.ErrNotExist) || store.Temporary(err) {
					t.Errorf("%s: %v", key, err)
				}
			}
		}
	})
	t.Run("read by many", func(t *testing.T) {
		o, err := s().Stat(t.Context(), "r/body")
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		r := store.NewReaderAt(t.Context(), s(), o)
		for i := range 40 {
			all.Go(func() {
				p := make([]byte, 5000)
				if _, err := io.ReadFull(io.NewSectionReader(r, int64(i)*5000, 5000), p); err != nil || !bytes.Equal(p, body[i*5000:(i+1)*5000]) {
					t.Errorf("piece %d: %v", i, err)
				}
			})
		}
		all.Wait()
	})
}

func readAt(t *testing.T, s store.Store, body []byte) {
	o, err := s.Stat(t.Context(), "r/body")
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(body))
	for _, c := range []struct{ at, length, want int64 }{
		{0, 10, 10}, {1000, 5000, 5000}, {size - 10, 10, 10}, {size - 10, 11, 10}, {size, 1, 0}, {size + 5, 5, 0}, {0, size, size}, {0, size + 100, size}, {5, 0, 0},
	} {
		for _, version := range []string{"", o.Version} {
			p := make([]byte, c.length)
			n, err := s.ReadAt(t.Context(), "r/body", version, p, c.at)
			if int64(n) != c.want || !bytes.Equal(p[:n], body[min(c.at, size):min(c.at, size)+c.want]) {
				t.Errorf("%d bytes at %d: got %d, %v", c.length, c.at, n, err)
			}
			if short := c.want < c.length; short != (err == io.EOF) && !(err == io.EOF && c.at+c.length == size) || err != nil && err != io.EOF {
				t.Errorf("%d bytes at %d: error %v", c.length, c.at, err)
			}
		}
	}
	if n, err := s.ReadAt(t.Context(), "r/empty", "", make([]byte, 3), 0); n != 0 || err != io.EOF {
		t.Errorf("an empty object: %d bytes, %v", n, err)
	}
}
