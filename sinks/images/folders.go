package images

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"hpaflow/data/atomicfile"
)

// folders are those below an output's folder, as the keys of samples name them:
// each is looked into when it is first asked for. The lock of the root is theirs
// too. It is safe for concurrent use.
type folders struct {
	root string

	mu   sync.Mutex
	seen map[string]map[string]bool // by folder: the files that were there
}

// has says whether a file was in a folder when that was first asked for.
func (f *folders) has(dir, name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	names, known := f.seen[dir]
	if !known {
		names = f.open(dir)
	}
	return names[name]
}

// open lists a folder and removes what a killed run has left in it. One that
// cannot be listed holds nothing that could be relied on: whoever writes there
// finds out why.
func (f *folders) open(dir string) map[string]bool {
	path := filepath.Join(f.root, dir)
	names := map[string]bool{}
	if err := atomicfile.Sweep(atomicfile.OS, path); err == nil {
		if there, err := atomicfile.RegularFiles(path); err == nil {
			names = there
		}
	}
	if f.seen == nil {
		f.seen = map[string]map[string]bool{}
	}
	f.seen[dir] = names
	return names
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
