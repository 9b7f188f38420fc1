//go:build unix

package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"hpaflow/data/atomicfile"
)

// Files are published without replacing anything on file systems without hard links
// too, and it is said where that takes care.
func TestPublishWithoutHardLinks(t *testing.T) {
	for name, c := range map[string]struct {
		links, renames error
		said           bool
	}{
		"FAT":                         {unix.EPERM, nil, false},
		"too many links":              {unix.EMLINK, nil, false},
		"a network's":                 {unix.EOPNOTSUPP, nil, false},
		"neither links nor the flag":  {unix.ENOSYS, unix.EINVAL, true},
		"a kernel without renameat2":  {unix.EPERM, unix.ENOSYS, true},
		"a system without such calls": {unix.EPERM, errors.ErrUnsupported, true},
	} {
		t.Run(name, func(t *testing.T) {
			atomicfile.Conceded()
			defer atomicfile.Without(c.links, c.renames)()
			dir := t.TempDir()
			path := func(name string) string { return filepath.Join(dir, name) }
			if err := writeText(path("from"), "text"); err != nil {
				t.Fatal(err)
			}
			for _, want := range []bool{true, false} {
				if made, err := atomicfile.Publish(path("from"), path("to")); made != want || err != nil {
					t.Errorf("published: %v, %v", made, err)
				}
			}
			var other *atomicfile.OtherError
			once := func(text string) (bool, error) {
				return atomicfile.WriteOnce(path("to"), func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
			}
			if made, err := once("other"); made || !errors.As(err, &other) {
				t.Errorf("in the place of another: %v, %v", made, err)
			}
			f, err := atomicfile.Create(atomicfile.OS, path("new"))
			if err == nil {
				_, err = io.WriteString(f, "text")
			}
			if err = errors.Join(err, f.CommitNew()); err != nil {
				t.Error(err)
			}
			if f, err = atomicfile.Create(atomicfile.OS, path("new")); err != nil {
				t.Fatal(err)
			}
			if err := f.CommitNew(); !errors.Is(err, fs.ErrExist) {
				t.Errorf("in the place of a file: %v", err)
			}
			if names, err := atomicfile.RegularFiles(dir); err != nil || !slices.Equal(slices.Sorted(maps.Keys(names)), []string{"from", "new", "to"}) {
				t.Errorf("there are %v, %v", names, err)
			}
			for _, name := range []string{"from", "new", "to"} {
				if b, err := os.ReadFile(path(name)); string(b) != "text" || err != nil {
					t.Errorf("%s holds %q, %v", name, b, err)
				}
			}
			if said := atomicfile.Conceded(); c.said != (len(said) == 1 && strings.Contains(said[0], "no hard links")) || !c.said && len(said) > 0 {
				t.Errorf("said %q", said)
			}
		})
	}
}

// Of several that publish at once, one makes the file, without links too.
func TestPublishAtOnceWithoutHardLinks(t *testing.T) {
	defer atomicfile.Without(unix.EPERM, nil)()
	path := filepath.Join(t.TempDir(), "a")
	var group sync.WaitGroup
	var made, taken atomic.Int32
	for i := range 8 {
		group.Go(func() {
			is, err := atomicfile.WriteOnce(path, func(w io.Writer) error { _, err := w.Write([]byte{byte(i)}); return err })
			var other *atomicfile.OtherError
			switch {
			case is && err == nil:
				made.Add(1)
			case errors.As(err, &other):
				taken.Add(1)
			default:
				t.Errorf("%v, %v", is, err)
			}
		})
	}
	group.Wait()
	if made.Load() != 1 || taken.Load() != 7 {
		t.Errorf("%d have made it, %d found it taken", made.Load(), taken.Load())
	}
}
