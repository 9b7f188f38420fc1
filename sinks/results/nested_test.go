//go:build unix

package results

import (
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

// A run that writes to folders in its own, and one on such a folder, find each
// other, whichever came first; a run with itself is at peace.
func TestNestedFolders(t *testing.T) {
	of := func(g *flow.Graph, dir string) *Folder {
		return NewFolder(&component.Node{Graph: g, Spec: &component.Spec{}, Name: "sink"}, dir)
	}
	lock := func(f *Folder) func() error {
		t.Helper()
		unlock, err := f.Lock()
		if err != nil {
			t.Fatal(err)
		}
		return unlock
	}
	refused := func(err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "another run is writing to ") {
			t.Errorf("got %v", err)
		}
	}
	first, second := flow.New(flow.Options{}), flow.New(flow.Options{})
	out := t.TempDir()
	outer, inner := of(first, out), of(second, filepath.Join(out, "plate"))

	// The outer run first.
	unlock := lock(outer)
	if err := outer.Begin("a", 0, "a.png"); err != nil {
		t.Fatal(err)
	}
	lock(inner)() // it has not come to folders yet
	if err := outer.Begin("plate/a", 0, "plate/a.png"); err != nil {
		t.Fatal(err)
	}
	_, err := inner.Lock()
	refused(err)
	lock(of(first, filepath.Join(out, "plate")))() // of the same run
	if err := unlock(); err != nil {
		t.Fatal(err)
	}

	// The inner run first.
	out = t.TempDir()
	outer, inner = of(first, out), of(second, filepath.Join(out, "plate", "deep"))
	unlock = lock(inner)
	defer unlock()
	defer lock(outer)()
	if err := outer.Begin("plate/b", 0, "plate/b.png"); err != nil {
		t.Errorf("a folder that is nobody's: %v", err)
	}
	refused(outer.Begin("plate/deep/b", 0, "plate/deep/b.png"))
}
