//go:build unix

package atomicfile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hpaflow/data/atomicfile"
)

func writeText(path, text string) error {
	return atomicfile.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

// What is no regular file is written to, and stays what it is.
func TestWriteThrough(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Symlink("real", path("link")), os.Symlink(path("link"), path("second")), os.Symlink("/dev/null", path("null")),
		os.Symlink("loop", path("loop")), syscall.Mkfifo(path("pipe"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "second"} { // the first dangles
		if err := writeText(path(name), name); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path("real")); err != nil || string(b) != name {
			t.Errorf("through %s: %q, %v", name, b, err)
		}
	}
	if err := writeText(path("null"), "text"); err != nil {
		t.Error(err)
	}
	if err := writeText("/dev/full", "text"); !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), "/dev/full") {
		t.Errorf("a full device: %v", err)
	}
	if err := writeText(path("loop"), ""); err == nil || !strings.Contains(err.Error(), "too many links") {
		t.Errorf("a link to itself: %v", err)
	}
	if err := writeText(path("pipe"), "text"); err == nil || !strings.Contains(err.Error(), "pipe: nobody reads from it") {
		t.Errorf("a pipe without a reader: %v", err)
	}
	got := make(chan string)
	go func() {
		b, _ := os.ReadFile(path("pipe"))
		got <- string(b)
	}()
	for err := writeText(path("pipe"), "text"); err != nil; err = writeText(path("pipe"), "text") {
		if !strings.Contains(err.Error(), "nobody reads") { // yet
			t.Fatal(err)
		}
	}
	if text := <-got; text != "text" {
		t.Errorf("through the pipe came %q", text)
	}
	for name, mode := range map[string]fs.FileMode{"link": fs.ModeSymlink, "second": fs.ModeSymlink, "null": fs.ModeSymlink, "pipe": fs.ModeNamedPipe, "real": 0} {
		if info, err := os.Lstat(path(name)); err != nil || info.Mode().Type() != mode {
			t.Errorf("%s has become %v, %v", name, info.Mode(), err)
		}
	}
}

// Modes are what the umask leaves.
func TestModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o007))
	dir := filepath.Join(t.TempDir(), "a", "b")
	err := errors.Join(atomicfile.MakeFolder(dir), writeText(filepath.Join(dir, "file"), "text"))
	g := atomicfile.NewGroup(atomicfile.OS, dir)
	if err = errors.Join(err, g.Add("one", []byte("x")), g.Flush()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{".": 0o770, "..": 0o770, "file": 0o660, "one": 0o660} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// What a living writer has is not swept.
func TestSweepSparesTheLiving(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "table.csv")
	f, err := atomicfile.Create(atomicfile.OS, path)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "text")
	if err := errors.Join(atomicfile.SweepFile(atomicfile.OS, path), atomicfile.Sweep(atomicfile.OS, dir), f.Commit()); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "text" {
		t.Errorf("%q, %v", b, err)
	}
}

// However close together one writes and others sweep, the writer's file appears.
func TestSweepBesideWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "table.csv")
	stop := make(chan struct{})
	var by sync.WaitGroup
	for range 3 {
		by.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := atomicfile.Sweep(atomicfile.OS, dir); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 200 {
		if err := atomicfile.Write(path, func(w io.Writer) error { _, err := fmt.Fprint(w, i); return err }); err != nil {
			t.Errorf("write %d: %v", i, err)
			break
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != fmt.Sprint(i) {
			t.Errorf("write %d: %q, %v", i, b, err)
		}
	}
	close(stop)
	by.Wait()
}

// poor is a file system that lacks things.
type poor struct {
	atomicfile.FS
	errno error
}

func (p poor) SyncDir(string) error             { return p.errno }
func (p poor) SyncFiles(string, []string) error { return p.errno }

// A file system that cannot sync is lived with, and said once; one that has no
// room, or fails, is not. Errors name the path.
func TestPoorFileSystems(t *testing.T) {
	atomicfile.Conceded()
	for _, errno := range []error{unix.EINVAL, unix.ENOTSUP, unix.ENOSYS, unix.ENOSPC, unix.EIO} {
		dir := t.TempDir()
		fs := poor{atomicfile.OS, errno}
		for range 2 {
			g := atomicfile.NewGroup(fs, dir)
			err := errors.Join(g.Add("a.png", []byte("a")), g.Flush(), atomicfile.WriteTo(fs, filepath.Join(dir, "b"), func(w io.Writer) error {
				_, err := io.WriteString(w, "b")
				return err
			}))
			if bad := errno == unix.ENOSPC || errno == unix.EIO; bad != (err != nil) || bad && !strings.Contains(err.Error(), dir) {
				t.Errorf("%v: %v", errno, err)
			}
		}
		said := atomicfile.Conceded()
		if lacks := errno != unix.ENOSPC && errno != unix.EIO; lacks != (len(said) == 1) || lacks && !strings.HasPrefix(said[0], dir+": this file system cannot sync") {
			t.Errorf("%v: said %q", errno, said)
		}
	}
}

// A folder that one may write to, and not read, takes files all the same.
func TestFoldersThatMayNotBeRead(t *testing.T) {
	atomicfile.Conceded()
	dir := t.TempDir()
	fs := poorFolder{atomicfile.OS}
	if err := atomicfile.WriteTo(fs, filepath.Join(dir, "a"), func(w io.Writer) error { return nil }); err != nil {
		t.Error(err)
	}
	if said := atomicfile.Conceded(); len(said) != 1 || !strings.HasPrefix(said[0], dir+": this folder may not be read") {
		t.Errorf("said %q", said)
	}
}

// poorFolder is a file system whose folders cannot be opened.
type poorFolder struct{ atomicfile.FS }

func (poorFolder) SyncDir(path string) error {
	return &fs.PathError{Op: "open", Path: path, Err: unix.EACCES}
}

// Nothing in the program syncs by itself, and so fails where a file system cannot.
func TestAllSyncsAreConceding(t *testing.T) {
	byItself := regexp.MustCompile(`\.Sync\(\)|\.OS\.Sync|unix\.(Fsync|Fdatasync|Syncfs|Flock)\(`)
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		here, there := filepath.Split(path)
		switch {
		case err != nil:
			return err
		case e.IsDir() && strings.HasPrefix(there, ".") && len(there) > 2 && there != "..":
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Base(here) == "atomicfile":
			return nil
		}
		text, err := os.ReadFile(path)
		if at := byItself.Find(text); at != nil {
			t.Errorf("%s has %s where atomicfile.Sync, SyncDir or Lock belongs", path, at)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// What is wrong with one name is that file's trouble.
func TestNamesThatDoNotFit(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	g := atomicfile.NewGroup(atomicfile.OS, dir)
	for _, name := range []string{"folder.png", "link.png", strings.Repeat("n", 300) + ".png"} {
		if err := g.Add(name, []byte("x")); !atomicfile.OfName(err) {
			t.Errorf("%.20s: %v", name, err)
		}
	}
	long := strings.Repeat("n", 251) + ".png" // as long as a name may be
	if err := errors.Join(g.Add(long, []byte("x")), g.Add("a.png", []byte("x")), g.Flush(), writeText(filepath.Join(dir, long[1:]), "y")); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 5 {
		t.Errorf("%d entries: %v", len(entries), entries)
	}
}

// A lock on a folder that another run has removed meanwhile is none.
func TestLockOfAFolderThatIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := atomicfile.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(dir), unlock()); err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.Lock(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is gone: %v", err)
	}
}

// A pipe is waited for as long as somebody wants that, which is said once.
func TestPipesAreWaitedFor(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	said := 0
	defer atomicfile.WaitForReaders(ctx, func(string) { said++ })()
	got := make(chan string)
	time.AfterFunc(150*time.Millisecond, func() {
		b, _ := os.ReadFile(pipe)
		got <- string(b)
	})
	if err := writeText(pipe, "text"); err != nil || <-got != "text" || said != 1 {
		t.Errorf("%v, said %d times", err, said)
	}
	time.AfterFunc(150*time.Millisecond, func() { cancel(stop) })
	if err := writeText(pipe, "text"); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}

	// One whose reader does not read.
	ctx, cancel = context.WithCancelCause(context.Background())
	atomicfile.WaitForReaders(ctx, func(string) {})
	stalls, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer stalls.Close()
	time.AfterFunc(150*time.Millisecond, func() { cancel(stop) })
	if err := writeText(pipe, strings.Repeat("x", 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// What has been written can be replaced before the file appears.
func TestOverwrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	f, err := atomicfile.Create(atomicfile.OS, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { _, err := f.Write([]byte("head, body")); return err },
		func() error { return f.Overwrite([]byte("HE"), 0) },
		func() error { _, err := f.Write([]byte(" and end")); return err },
		f.Commit,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "HEad, body and end" {
		t.Errorf("%q, %v", b, err)
	}
}
