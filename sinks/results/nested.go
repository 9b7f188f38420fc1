package results

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
	"hpaflow/flow"
)

// Two runs may have folders of which one lies in the other. That is no trouble
// unless the outer one writes to folders in its own, as it does where keys are
// paths. Such a run locks its store too, before it looks whether a folder that it
// comes to is somebody's; another run first locks its folder, and then looks whether
// a store above is locked. So whichever is second finds the first.

// holders are the folders and stores that graphs of this process have locked:
// the sinks of one run are not in each other's way.
var holders = struct {
	sync.Mutex
	of map[string]*flow.Graph
}{of: map[string]*flow.Graph{}}

// hold notes that a graph has locked a folder, until release is called.
func hold(dir string, g *flow.Graph) (release func()) {
	dir = settled(dir)
	holders.Lock()
	defer holders.Unlock()
	holders.of[dir] = g
	return func() {
		holders.Lock()
		defer holders.Unlock()
		delete(holders.of, dir)
	}
}

// heldByOthers says whether a run other than that of a graph has locked a folder.
// To find out is to lock it for a moment, in which another who asks is misled: so
// it is asked again.
func heldByOthers(dir string, g *flow.Graph) bool {
	holders.Lock()
	own := holders.of[settled(dir)] == g
	holders.Unlock()
	if own {
		return false
	}
	for range 5 {
		if !atomicfile.Held(dir) {
			return false
		}
		time.Sleep(10 * time.Millisecond)
	}
	return true
}

// settled is a folder's own name, whatever links lead there.
func settled(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return dir
}

// outside refuses a folder that lies in one to whose folders another run writes.
func outside(dir string, g *flow.Graph) error {
	for at := filepath.Dir(settled(dir)); ; at = filepath.Dir(at) {
		if heldByOthers(provenance.Of(at).Dir, g) {
			return fmt.Errorf("another run is writing to %s, and to the folders in it", at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// inner are the folders within one that a run has looked at.
type inner struct {
	unlock  func() error // of the store; nil: it is not locked
	release func()
	seen    map[string]bool
}

// enter is called before a result of such a name is written: it finds the runs
// that write to a folder on the way.
func (i *inner) enter(l *Ledger, name string) error {
	dir, _ := filepath.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if dir == "" || i.seen[dir] {
		return nil
	}
	if i.unlock == nil {
		if err := i.lock(l); err != nil {
			return err
		}
	}
	path := l.Dir
	for _, part := range strings.Split(dir, "/") {
		path = filepath.Join(path, part)
		if heldByOthers(path, l.node.Graph) {
			return fmt.Errorf("another run is writing to %s", path)
		}
	}
	i.seen[dir] = true
	return nil
}

func (i *inner) lock(l *Ledger) (err error) {
	if err := atomicfile.MakeFolder(l.store.Dir); err != nil {
		return err
	}
	for range 5 { // somebody may be asking just now
		if i.unlock, err = atomicfile.Lock(l.store.Dir); err == nil {
			i.release, i.seen = hold(l.store.Dir, l.node.Graph), map[string]bool{}
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// leave unlocks the store.
func (i *inner) leave() error {
	if i.unlock == nil {
		return nil
	}
	i.release()
	unlock := i.unlock
	i.unlock = nil
	return errors.Join(unlock())
}
