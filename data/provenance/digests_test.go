package provenance_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hpaflow/data/provenance"
)

// A file is read once, however many results are made from it and under whatever
// names, until its contents are others; one that was changed a moment ago is read
// each time.
func TestFilesAreDigestedOnce(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "train.csv"), "Id,Target\na,1\n")
	link := filepath.Join(dir, "linked.csv")
	check(t, os.Link(path, link))
	reads, restore := provenance.Reads()
	defer restore()
	inputs := func() string {
		t.Helper()
		m, err := provenance.New(nil, map[string][]string{"label.table": {path}, "join.table": {link, path}})
		check(t, err)
		return m.Inputs["label.table"]
	}
	expect := func(when string, want int64) {
		t.Helper()
		if got := reads.Swap(0); got != want {
			t.Errorf("%s: %d files were read, want %d", when, got, want)
		}
	}
	restoreTime := provenance.Settle(time.Hour)
	first := inputs()
	expect("changed a moment ago", 3)
	restoreTime()

	defer provenance.Settle(-1)()
	var together sync.WaitGroup
	for range 4 {
		together.Go(func() { inputs() })
	}
	together.Wait()
	expect("by four sinks at once", 1)
	if inputs() != first {
		t.Error("the digest is another when it is remembered")
	}

	info, err := os.Stat(path)
	check(t, err)
	time.Sleep(20 * time.Millisecond) // longer than a tick of the file system's clock
	write(t, path, "Id,Target\na,2\n")
	check(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	if inputs() == first {
		t.Error("other contents of the same size and time have the digest of before")
	}
	expect("with other contents", 1)

	check(t, os.Remove(path))
	check(t, os.Remove(link))
	if _, err := provenance.New(nil, map[string][]string{"label.table": {path}}); err == nil {
		t.Error("a file that is gone has a digest")
	}
}
