package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hpaflow/data/atomicfile"
)

var errDisk = errors.New("no space left on device")

// faulty is the machine's file system with one step that fails: the one
// numbered fail, from 0, of all that can.
type faulty struct {
	atomicfile.FS
	step, fail int
}

func (f *faulty) next() error {
	f.step++
	if f.step-1 == f.fail {
		return errDisk
	}
	return nil
}

func (f *faulty) Create(path string) (atomicfile.Handle, error) {
	if err := f.next(); err != nil {
		return nil, err
	}
	h, err := f.FS.Create(path)
	return &faultyHandle{h, f}, err
}

func (f *faulty) Rename(from, to string) error {
	return errors.Join(f.next(), f.whenWell(func() error { return f.FS.Rename(from, to) }))
}

func (f *faulty) SyncDir(path string) error {
	return errors.Join(f.next(), f.whenWell(func() error { return f.FS.SyncDir(path) }))
}

func (f *faulty) SyncFiles(dir string, paths []string) error {
	return errors.Join(f.next(), f.whenWell(func() error { return f.FS.SyncFiles(dir, paths) }))
}

// whenWell does what the step just counted stands for, unless it failed.
func (f *faulty) whenWell(do func() error) error {
	if f.step-1 == f.fail {
		return nil
	}
	return do()
}

type faultyHandle struct {
	atomicfile.Handle
	fs *faulty
}

// Write fails half way, as a full disk does.
func (h *faultyHandle) Write(b []byte) (int, error) {
	if err := h.fs.next(); err != nil {
		n, _ := h.Handle.Write(b[:len(b)/2])
		return n, err
	}
	return h.Handle.Write(b)
}

func (h *faultyHandle) Sync() error { return errors.Join(h.fs.next(), h.Handle.Sync()) }

func (h *faultyHandle) Close() error { return errors.Join(h.fs.next(), h.Handle.Close()) }

// eachFault runs do once for every step it takes, which then fails, and looks
// at what is left: whole files or none, and nothing temporary.
func eachFault(t *testing.T, before map[string]string, do func(f atomicfile.FS, dir string) error, whole func(name string) string) {
	t.Helper()
	for fail := 0; ; fail++ {
		dir := t.TempDir()
		for name, content := range before {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f := &faulty{FS: atomicfile.OS, fail: fail}
		err := do(f, dir)
		if f.step <= fail {
			if err != nil || fail == 0 {
				t.Fatalf("%d steps, and %v", f.step, err)
			}
			t.Logf("%d steps, each of which has failed once", fail)
			return
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("step %d failed, and the error is %v", fail, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			switch got := string(b); {
			case strings.HasSuffix(e.Name(), atomicfile.Suffix):
				t.Errorf("step %d left %s", fail, e.Name())
			case got != whole(e.Name()) && got != before[e.Name()]:
				t.Errorf("step %d left %s with %d bytes, which is neither the old nor the new", fail, e.Name(), len(got))
			}
		}
	}
}

func TestFileUnderFaults(t *testing.T) {
	long := strings.Repeat("new ", 1<<18)
	eachFault(t, map[string]string{"a.csv": "old"}, func(f atomicfile.FS, dir string) error {
		return atomicfile.WriteTo(f, filepath.Join(dir, "a.csv"), func(w io.Writer) error {
			_, err := io.WriteString(w, long)
			return err
		})
	}, func(string) string { return long })
}

func TestGroupUnderFaults(t *testing.T) {
	name := func(i int) string { return fmt.Sprintf("%d.png", i) }
	eachFault(t, nil, func(f atomicfile.FS, dir string) error {
		g := atomicfile.NewGroup(f, dir)
		for i := range 5 {
			if err := g.Add(name(i), []byte(name(i))); err != nil {
				return errors.Join(err, g.Abort())
			}
		}
		return g.Flush()
	}, func(name string) string { return name })
}

// A file that would hold the same bytes is left alone, and only such a one.
func TestWriteOfTheSame(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	old := time.Unix(1e9, 0)
	long := strings.Repeat("0123456789", 30000)
	for _, c := range []struct {
		before, now string
		stays       bool
	}{
		{"", "", true}, {"a", "", false}, {"", "a", false}, {"abc", "abc", true}, {"abc", "abd", false},
		{long, long, true}, {long, long[:len(long)-1] + "x", false}, {long[1:], long, false}, {long[:1<<17], long[:1<<17], true},
	} {
		if err := errors.Join(os.WriteFile(path, []byte(c.before), 0o600), os.Chtimes(path, old, old)); err != nil {
			t.Fatal(err)
		}
		err := atomicfile.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, c.now); return err })
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if stays := info.ModTime().Equal(old); stays != c.stays {
			t.Errorf("%d bytes over %d: left alone %v, want %v", len(c.now), len(c.before), stays, c.stays)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != c.now {
			t.Errorf("%d bytes over %d: it holds %d, %v", len(c.now), len(c.before), len(b), err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%d files", len(entries))
		}
	}
}

// What fill gives as an error is what Write gives, and there is no file.
// What is to be new does not take the place of anything, not of the same bytes
// either, and leaves no temporary file.
func TestCommitNew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for i, want := range []error{nil, fs.ErrExist, fs.ErrExist} {
		f, err := atomicfile.Create(atomicfile.OS, path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, "text", i/2)
		if err := f.CommitNew(); !errors.Is(err, want) {
			t.Errorf("%d: %v", i, err)
		}
	}
	names, err := atomicfile.RegularFiles(dir)
	if b, err := os.ReadFile(path); err != nil || string(b) != "text0" {
		t.Errorf("%q, %v", b, err)
	}
	if len(names) != 1 || err != nil {
		t.Errorf("left %v, %v", names, err)
	}
}

func TestWriteOfWhatFails(t *testing.T) {
	dir := t.TempDir()
	err := atomicfile.Write(filepath.Join(dir, "a"), func(w io.Writer) error {
		io.WriteString(w, "half")
		return errDisk
	})
	entries, _ := os.ReadDir(dir)
	if !errors.Is(err, errDisk) || len(entries) > 0 {
		t.Errorf("error %v, %d files", err, len(entries))
	}
}

func TestSweepTakesOnlyTemporaryFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.csv", ".a.csv.00ff" + atomicfile.Suffix, ".b.csv.00ff" + atomicfile.Suffix, ".hidden", "c" + atomicfile.Suffix} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	left := func() string {
		var names []string
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return strings.Join(names, " ")
	}
	if err := atomicfile.SweepFile(atomicfile.OS, filepath.Join(dir, "a.csv")); err != nil {
		t.Fatal(err)
	}
	if got, want := left(), ".b.csv.00ff"+atomicfile.Suffix+" .hidden a.csv c"+atomicfile.Suffix; got != want {
		t.Errorf("SweepFile left %s, want %s", got, want)
	}
	if err := atomicfile.Sweep(atomicfile.OS, dir); err != nil {
		t.Fatal(err)
	}
	if got, want := left(), ".hidden a.csv c"+atomicfile.Suffix; got != want {
		t.Errorf("Sweep left %s, want %s", got, want)
	}
	if err := atomicfile.Sweep(atomicfile.OS, filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Sweep of no folder: %v", err)
	}
}

func TestLockKeepsASecondWriterOut(t *testing.T) {
	dir := t.TempDir()
	unlock, err := atomicfile.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.Lock(dir); err == nil || !strings.Contains(err.Error(), "another run is writing to "+dir) {
		t.Errorf("second lock: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := atomicfile.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
