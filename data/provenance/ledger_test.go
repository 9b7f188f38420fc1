package provenance_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/provenance"
)

func ledger(t *testing.T, s provenance.Store, values map[string]string) *provenance.Ledger {
	t.Helper()
	m, err := provenance.New(values, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := provenance.OpenLedger(s, m)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// counted counts how often files are read.
type counted struct {
	provenance.Files
	read int
}

func (c *counted) Digest() (uint64, error) { c.read++; return c.Files.Digest() }

// aged lets a file look as if it had been left alone for long.
func aged(t *testing.T, path string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	check(t, os.Chtimes(path, old, old))
}

// What is told of a sample follows the contents of its files, whatever their
// times, and the recipe.
func TestLedgerState(t *testing.T) {
	dir := t.TempDir()
	store := provenance.Of(dir)
	path := write(t, filepath.Join(dir, "a_red.png"), "one")
	files := provenance.Files{{Name: path, Channel: "red"}}
	digest, err := files.Digest()
	check(t, err)
	expect := func(when string, l *provenance.Ledger, want provenance.State) {
		t.Helper()
		if got, err := l.State("a", files); got != want || err != nil {
			t.Errorf("%s: state %d and %v, want %d", when, got, err, want)
		}
	}

	l := ledger(t, store, nil)
	expect("nothing entered", l, provenance.Unknown)
	check(t, l.Begin("a"))
	expect("begun", ledger(t, store, nil), provenance.Making)
	check(t, l.Put([]string{"a"}, []provenance.Entry{{Digest: digest, Length: 7}}))
	expect("entered by a run that was killed", ledger(t, store, nil), provenance.Fresh)
	check(t, l.Save())
	if _, err := os.Stat(filepath.Join(store.Dir, "samples.log")); err == nil {
		t.Error("a log is left of a ledger that is saved")
	}

	defer provenance.Settle(-1)()
	for range 2 { // the second by the shortcut that the first leaves
		l = ledger(t, store, nil)
		expect("entered", l, provenance.Fresh)
		check(t, l.Save())
	}
	unread := &counted{Files: files}
	if state, err := ledger(t, store, nil).State("a", unread); state != provenance.Fresh || err != nil || unread.read > 0 {
		t.Errorf("by the shortcut: %d and %v, read %d times", state, err, unread.read)
	}
	aged(t, path)
	if state, err := ledger(t, store, nil).State("a", unread); state != provenance.Fresh || err != nil || unread.read != 1 {
		t.Errorf("at another time: %d and %v, read %d times", state, err, unread.read)
	}
	expect("other settings", ledger(t, store, map[string]string{"resize.size": "64"}), provenance.Outdated)
	write(t, path, "two")
	expect("other contents of the same length", ledger(t, store, nil), provenance.Changed)
	l = ledger(t, store, nil)
	expect("other contents, looked at before", l, provenance.Changed)
	check(t, l.Save()) // without an entry: the record failed, or the result is kept
	expect("other contents, which a run has seen and not used", ledger(t, store, nil), provenance.Changed)
	write(t, path, "one")
	expect("the contents of before", ledger(t, store, nil), provenance.Fresh)
	check(t, os.Remove(path))
	if state, err := ledger(t, store, nil).State("a", files); err == nil {
		t.Errorf("of a file that is gone the state is %d", state)
	}
}

// Where sizes and times are the same nothing is read, unless the file was
// changed a moment ago.
func TestShortcut(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "a"), "one")
	files := provenance.Files{{Name: path}}
	if files.Shortcut() != 0 {
		t.Error("a file of now gives a shortcut; it may change again within a tick of the clock")
	}
	if (provenance.Files{{Name: path, Data: []byte("x")}}).Shortcut() != 0 {
		t.Error("bytes in memory give a shortcut")
	}
	if provenance.Known(7).Shortcut() != 7 {
		t.Error("a digest that is known is its own shortcut")
	}
}

// A log that a crash has cut off counts up to its last whole line, and goes on
// from there.
func TestLogCutOff(t *testing.T) {
	store := provenance.Of(t.TempDir())
	l := ledger(t, store, nil)
	check(t, l.Put([]string{"a", "b"}, []provenance.Entry{{Digest: 1}, {Digest: 2}}))
	path := filepath.Join(store.Dir, "samples.log")
	text, err := os.ReadFile(path)
	check(t, err)
	for cut := range len(text) {
		write(t, path, string(text[:cut]))
		l := ledger(t, store, nil)
		if want := min(1, cut/(len(text)/2)); l.Len() != want {
			t.Fatalf("of %d bytes of the log %d entries count, want %d", cut, l.Len(), want)
		}
		check(t, l.Put([]string{"c"}, []provenance.Entry{{Digest: 3}}))
		if state, err := ledger(t, store, nil).State("c", provenance.Known(3)); state != provenance.Fresh || err != nil {
			t.Fatalf("after %d bytes: %d, %v", cut, state, err)
		}
	}
}

// A ledger's file does not depend on the order in which samples came, and keys
// may be anything.
func TestSamplesFile(t *testing.T) {
	keys := []string{"b", "a b", "new\nline", "caf\xe9", "ä", `"`, ""}
	text := func(order []string) string {
		store := provenance.Of(t.TempDir())
		l := ledger(t, store, nil)
		for _, key := range order {
			check(t, l.Put([]string{key}, []provenance.Entry{{Digest: uint64(len(key)), Length: -1}}))
		}
		check(t, l.Save())
		again := ledger(t, store, nil)
		for _, key := range keys {
			if e, known := again.Entry(key); !known || e.Digest != uint64(len(key)) || e.Length != -1 {
				t.Errorf("%q is read as %v, %v", key, e, known)
			}
		}
		b, err := os.ReadFile(filepath.Join(store.Dir, "samples"))
		check(t, err)
		return string(b)
	}
	forward := text(keys)
	slices.Reverse(keys)
	if text(keys) != forward {
		t.Error("the order of samples shows in the file")
	}
}

func TestDifferences(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "train.csv"), "Id,Target")
	made := func(values map[string]string) *provenance.Made {
		t.Helper()
		m, err := provenance.New(values, map[string][]string{"label.table": {path}})
		check(t, err)
		return m
	}
	store := provenance.Beside(path)
	was := made(map[string]string{"resize.size": "64", "batch.norm": "fixed"})
	check(t, store.Save(was))
	read, err := store.Made()
	check(t, err)
	if d := was.Differences(read); d != nil || was.Tag() != read.Tag() {
		t.Errorf("what is read differs from what was saved: %q", d)
	}
	write(t, path, "Id,Split")
	now := made(map[string]string{"resize.size": "512"})
	want := []string{"batch.norm is the default, was fixed", "resize.size is 512, was 64", "label.table has other contents"}
	if got := now.Differences(read); !slices.Equal(got, want) || now.Tag() == read.Tag() {
		t.Errorf("the differences are %q, want %q", got, want)
	}
	check(t, store.Forget())
	if m, err := store.Made(); m != nil || err != nil {
		t.Errorf("what is forgotten is read as %v, %v", m, err)
	}
	write(t, path, "")
	check(t, os.Mkdir(store.Dir, 0o700))
	write(t, filepath.Join(store.Dir, "made.json"), "{")
	if _, err := store.Made(); err == nil {
		t.Error("a record that is damaged is no error")
	}
}

func FuzzSamples(f *testing.F) {
	f.Add([]byte("1 2 3 \"a\"\n"), []byte("1 0 0 5 \"a\"\n1 2"), []byte("9 \"a\"\n"))
	f.Fuzz(func(t *testing.T, samples, log, seen []byte) {
		store := provenance.Of(t.TempDir())
		check(t, os.Mkdir(store.Dir, 0o700))
		for name, text := range map[string][]byte{"samples": samples, "samples.log": log, "seen": seen} {
			check(t, os.WriteFile(filepath.Join(store.Dir, name), text, 0o600))
		}
		m := &provenance.Made{}
		l, err := provenance.OpenLedger(store, m)
		if err != nil {
			return
		}
		check(t, l.Put([]string{"k"}, []provenance.Entry{{Digest: 1}}))
		check(t, l.Save())
		again, err := provenance.OpenLedger(store, m)
		check(t, err)
		if again.Len() != l.Len() {
			t.Fatalf("%d entries are read of %d", again.Len(), l.Len())
		}
	})
}

var _ provenance.Origin = provenance.Files([]data.File(nil))
