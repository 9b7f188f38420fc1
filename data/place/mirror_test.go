package place_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hpaflow/data/place"
	"hpaflow/data/store"
)

// dying is a store that takes so many requests that change it, and no more.
type dying struct {
	store.Store
	left *atomic.Int64
}

// plenty are more changes than any of these tests makes.
func plenty() *atomic.Int64 {
	n := &atomic.Int64{}
	n.Store(1000)
	return n
}

var errDead = errors.New("dead")

func (d dying) Create(ctx context.Context, key string, o store.CreateOptions) (store.Writer, error) {
	if d.left.Add(-1) < 0 {
		return nil, errDead
	}
	return d.Store.Create(ctx, key, o)
}

func (d dying) Delete(ctx context.Context, key string) error {
	if d.left.Add(-1) < 0 {
		return errDead
	}
	return d.Store.Delete(ctx, key)
}

// mirrorOf holds the folder s3://b/run of a store in dir, which takes so many changes.
func mirrorOf(t *testing.T, dir string, left *atomic.Int64) *place.Mirror {
	t.Helper()
	store.Close()
	store.Register("s3", func(context.Context, store.URL) (store.Store, error) { return dying{store.Folder(dir), left}, nil })
	m, err := place.Hold(t.Context(), func(string) {}, "s3://b/run", ".run")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// content is what is in a folder, but for control.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err != nil || e.IsDir() || strings.HasPrefix(name, ".run/") {
			return err
		}
		b, err := os.ReadFile(path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func fill(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
}

// A store whose writer dies at any of its requests has, for the next, the names that
// it had before, or those that it was to have: never what was made to come without
// all of it, and never what was to go when not all that was to come is there.
func TestMirrorOfKilledRuns(t *testing.T) {
	before := map[string]string{"a/weights": "1", "a/state": "1", "log": "1", "other": "x"}
	after := map[string]string{"b/weights": "2", "b/state": "2", "log": "12", "other": "x"}
	for deaths := 0; ; deaths++ {
		if deaths > 20 {
			t.Fatal("it is never put")
		}
		bucket, left := t.TempDir(), plenty()
		fill(t, filepath.Join(bucket, "run"), before)
		m := mirrorOf(t, bucket, left)
		if got := content(t, m.Dir()); !maps.Equal(got, before) {
			t.Fatalf("it brought %v", got)
		}
		os.RemoveAll(filepath.Join(m.Dir(), "a"))
		fill(t, m.Dir(), after)
		left.Store(int64(deaths))
		err := m.Put(t.Context())
		place.Forget()
		left.Store(1000)
		os.Remove(filepath.Join(bucket, "run/.run/locks/alone"))
		next := mirrorOf(t, bucket, left)
		got := content(t, next.Dir())
		if err == nil {
			if !maps.Equal(got, after) {
				t.Fatalf("put, and there is %v", got)
			}
			t.Logf("%d requests", deaths)
			return
		}
		got["log"], before["log"], after["log"] = "", "", "" // which is whole, and either
		if !maps.Equal(got, before) && !maps.Equal(got, after) {
			t.Errorf("killed after %d requests, there is %v", deaths, got)
		}
		before["log"], after["log"] = "1", "12"
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
		if here := content(t, filepath.Join(bucket, "run")); len(here) != len(got) {
			t.Errorf("killed after %d requests, the store has %v where the next run saw %v", deaths, here, got)
		}
	}
}

// What the store does not take stays here, and the error says where.
func TestMirrorKeepsWhatIsNotPut(t *testing.T) {
	bucket, left := t.TempDir(), plenty()
	m := mirrorOf(t, bucket, left)
	fill(t, m.Dir(), map[string]string{"weights": "1"})
	if named := m.Named(m.Dir() + "/weights: is damaged"); named != "s3://b/run/weights: is damaged" {
		t.Errorf("an error says %q", named)
	}
	left.Store(0)
	err := m.Close()
	if !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	_, kept, _ := strings.Cut(err.Error(), "is kept in ")
	kept, _, _ = strings.Cut(kept, "\n")
	defer os.RemoveAll(filepath.Dir(kept))
	if b, err := os.ReadFile(filepath.Join(kept, "weights")); err != nil || string(b) != "1" {
		t.Errorf("%q: %q, %v", kept, b, err)
	}
}

// Who was taken for gone puts nothing more.
func TestMirrorLost(t *testing.T) {
	bucket, left := t.TempDir(), plenty()
	m := mirrorOf(t, bucket, left)
	alone := filepath.Join(bucket, "run/.run/locks/alone")
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(alone, long, long); err != nil {
		t.Fatal(err)
	}
	next := mirrorOf(t, bucket, left)
	fill(t, m.Dir(), map[string]string{"weights": "old"})
	lost, is := errors.AsType[*place.LostError](m.Put(t.Context()))
	if !is || !strings.HasPrefix(lost.Name, "s3://b/run") {
		t.Errorf("it put, with %v", lost)
	}
	fill(t, next.Dir(), map[string]string{"weights": "new"})
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(bucket, "run/weights")); err != nil || string(b) != "new" {
		t.Errorf("%q, %v", b, err)
	}
	if files := content(t, filepath.Join(bucket, "run")); len(files) != 1 {
		t.Errorf("the store has %v", files)
	}
	if left, _ := os.ReadDir(filepath.Dir(alone)); len(left) != 0 {
		t.Errorf("locks are left: %v", left)
	}
}
