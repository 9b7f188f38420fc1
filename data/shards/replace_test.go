package shards

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/atomicfile"
	"hpaflow/data/atomicfile/foldertest"
)

// other is a frame of the sample n with other pixels.
func other(t *testing.T, n int) Frame {
	t.Helper()
	s := made(n + 100)
	s.ID = frame(t, n).Key
	f, err := EncodeSample(s, Huffman)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func commit(t *testing.T, w *Writer, frames ...Frame) {
	t.Helper()
	for _, f := range frames {
		if err := w.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// Samples that are replaced, in whatever order they come, leave the set that
// would have come of one run.
func TestReplaced(t *testing.T) {
	limits := Limits{Samples: 3, Bytes: 1 << 20}
	for name, replaced := range map[string][]int{
		"one": {1}, "a shard": {3, 4, 5}, "in order": {0, 2, 4, 7}, "back and forth": {7, 0, 4, 1, 6, 3}, "all": {0, 1, 2, 3, 4, 5, 6, 7},
	} {
		dir, want := t.TempDir(), t.TempDir()
		write(t, dir, limits, 0, 8)
		w, err := Create(want, Planes, Options{Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		var frames, again []Frame
		for n := range 8 {
			f := frame(t, n)
			if slices.Contains(replaced, n) {
				f = other(t, n)
			}
			frames = append(frames, f)
		}
		commit(t, w, frames...)

		var entered []string
		w, err = Create(dir, Planes, Options{Limits: limits, Entered: func(keys []string, _ []uint64) error {
			entered = append(entered, keys...)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range replaced {
			w.Redo(frames[n].Key)
			again = append(again, frames[n])
		}
		commit(t, w, again...)
		if !maps.Equal(foldertest.Read(t, dir), foldertest.Read(t, want)) {
			t.Errorf("%s: the set differs from that of one run", name)
		}
		if len(entered) != len(replaced) {
			t.Errorf("%s: told of %v", name, entered)
		}
	}
}

// A sample that was to be replaced and has not come stays; so does everything
// when the writer is aborted.
func TestReplacedNever(t *testing.T) {
	dir := t.TempDir()
	limits := Limits{Samples: 3, Bytes: 1 << 20}
	write(t, dir, limits, 0, 4)
	want := foldertest.Read(t, dir)
	w, err := Create(dir, Planes, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	w.Redo(frame(t, 1).Key)
	if err := w.Add(frame(t, 0)); err == nil {
		t.Error("a sample that was not to be replaced was added a second time")
	}
	commit(t, w)
	if w, err = Create(dir, Planes, Options{Limits: limits}); err != nil {
		t.Fatal(err)
	}
	w.Redo(frame(t, 1).Key)
	if err := errors.Join(w.Add(other(t, 1)), w.Abort()); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(foldertest.Read(t, dir), want) {
		t.Error("the set has changed")
	}
}

// A shard of another length than the index says does not count: its samples are
// made again at their places.
func TestDamagedShardIsMadeAgain(t *testing.T) {
	limits := Limits{Samples: 3, Bytes: 1 << 20}
	for name, damage := range map[string]func(path string) error{
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"short": func(path string) error { return os.Truncate(path, 100) },
		"gone":  os.Remove,
	} {
		dir := t.TempDir()
		write(t, dir, limits, 0, 8)
		want := foldertest.Read(t, dir)
		if err := damage(filepath.Join(dir, nameOf(1))); err != nil {
			t.Fatal(err)
		}
		w, err := Create(dir, Planes, Options{Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		if found := w.Found().Damaged; len(found) != 1 || found[0] != nameOf(1) || w.Before() != 5 {
			t.Errorf("%s: found %v damaged, and %d samples", name, found, w.Before())
		}
		for n := range 8 {
			if f := frame(t, n); !w.Has(f.Key) {
				if err := w.Add(f); err != nil {
					t.Fatal(err)
				}
			}
		}
		commit(t, w)
		if !maps.Equal(foldertest.Read(t, dir), want) {
			t.Errorf("%s: the set differs from what it was", name)
		}
	}
}

// Shards that the index does not name are taken in when they are whole, and
// nothing is removed when they are not.
func TestShardsWithoutIndex(t *testing.T) {
	limits := Limits{Samples: 3, Bytes: 1 << 20}
	dir := t.TempDir()
	write(t, dir, limits, 0, 8)
	want := foldertest.Read(t, dir)
	if err := os.Remove(filepath.Join(dir, IndexName)); err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, Planes, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Found().TakenIn) != 3 || w.Before() != 8 {
		t.Errorf("%v are taken in, with %d samples", w.Found().TakenIn, w.Before())
	}
	commit(t, w)
	if !maps.Equal(foldertest.Read(t, dir), want) {
		t.Error("the index that was made again is another")
	}

	for name, text := range map[string]string{nameOf(7): "", nameOf(8): "notes", nameOf(9): want[nameOf(0)], nameOf(10): want[nameOf(1)][:200]} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Create(dir, Planes, Options{Limits: limits})
		if err == nil || !strings.Contains(err.Error(), path+": it is not in the index, and cannot be taken into it") {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%s has not been left alone: %v", name, err)
		}
		os.Remove(path)
	}
}

// A writer that is killed at any step of replacing a shard loses no sample.
func TestKilledWhileReplacing(t *testing.T) {
	limits := Limits{Samples: 3, Bytes: 1 << 20}
	dir := t.TempDir()
	write(t, dir, limits, 0, 6)
	w, err := Create(dir, Planes, Options{Limits: limits, Entering: func([]string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	w.Redo(frame(t, 1).Key)
	if err := w.Add(other(t, 1)); err != nil {
		t.Fatal(err)
	}
	w.index.drop(nameOf(0)) // as far as rebuild comes before the file is there
	if err := errors.Join(w.index.save(dir), w.unlock()); err != nil {
		t.Fatal(err)
	}
	if w, err = Create(dir, Planes, Options{Limits: limits}); err != nil {
		t.Fatal(err)
	}
	if w.Before() != 6 {
		t.Errorf("%d samples are left of 6", w.Before())
	}
	commit(t, w)
	for name := range foldertest.Read(t, dir) {
		if strings.HasSuffix(name, atomicfile.Suffix) {
			t.Errorf("%s is left", name)
		}
	}
}

// A writer that is killed while a damaged shard is made again leaves a folder that the
// next one goes on with.
func TestKilledWhileRemaking(t *testing.T) {
	limits := Limits{Samples: 3, Bytes: 1 << 20}
	dir := t.TempDir()
	write(t, dir, limits, 0, 8)
	want := foldertest.Read(t, dir)
	if err := os.Truncate(filepath.Join(dir, nameOf(1)), 100); err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, Planes, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.forget(nameOf(1)), w.unlock()); err != nil { // as far as rebuild comes before the file is there
		t.Fatal(err)
	}
	if w, err = Create(dir, Planes, Options{Limits: limits}); err != nil {
		t.Fatal(err)
	}
	if w.Before() != 5 {
		t.Errorf("%d samples are left of 5", w.Before())
	}
	for i := 3; i < 6; i++ {
		if err := w.Add(frame(t, i)); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, w)
	if got := foldertest.Read(t, dir); len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	if w, err = Create(dir, Planes, Options{Limits: limits}); err != nil || w.Before() != 8 {
		t.Fatal(w.Before(), err)
	}
	w.Abort()
}
