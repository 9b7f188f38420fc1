package images

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"hpaflow/data/atomicfile"
)

// folders are those below an output's folder, as the keys of samples name them.
// The lock of the root is theirs too. It is safe for concurrent use.
type folders struct {
	root string

	mu   sync.Mutex
	seen map[string]bool // by folder
}

// enter removes what a killed run has left in a folder when that is first asked
// for. Where that is not to be had, whoever writes there finds out why.
func (f *folders) enter(dir string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen[dir] {
		return
	}
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	f.seen[dir] = true
	_ = atomicfile.Sweep(atomicfile.OS, filepath.Join(f.root, dir))
}

// make makes a folder, unless it is there. A file in its place is an error.
func (f *folders) make(dir string) error {
	path := filepath.Join(f.root, dir)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(path, 0o755)
	}
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: path, Err: errors.New("a file is in the way")}
	}
	return err
}
