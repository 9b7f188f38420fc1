package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// A group is flushed when it holds so many files or bytes.
const (
	groupFiles = 256
	groupBytes = 64 << 20
)

// Group writes many files of one folder and the folders in it: each under a
// temporary name, and all of them synced and renamed together, which costs one
// sync for hundreds of files instead of one each. It is safe for concurrent use.
type Group struct {
	// Appearing and Appeared, where set, are told the names and lengths of the
	// files that are about to appear, before they are synced, and of those that
	// have appeared. An error of theirs is final.
	Appearing, Appeared func([]Staged) error

	fs  FS
	dir string

	mu     sync.Mutex
	staged []Staged
	bytes  int64
	failed error
}

// Staged is a file of a group that is written and does not appear yet.
type Staged struct {
	Name   string // in the group's folder
	Length int64
	temp   string
}

// NewGroup makes a group for a folder.
func NewGroup(fs FS, dir string) *Group { return &Group{fs: fs, dir: dir} }

// Add stages a file; the folders that a name leads through are there already.
// When enough are staged it makes all of them appear. An error is final, and
// nothing more will appear, unless it is one OfName.
func (g *Group) Add(name string, content []byte) error {
	path := filepath.Join(g.dir, name)
	if err := fits(path); err != nil {
		return err
	}
	s := Staged{name, int64(len(content)), temporary(path)}
	if err := g.write(s.temp, content); err != nil {
		return named(err, path)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil {
		return errors.Join(g.failed, g.fs.Remove(s.temp))
	}
	g.staged = append(g.staged, s)
	g.bytes += int64(len(content))
	if len(g.staged) < groupFiles && g.bytes < groupBytes {
		return nil
	}
	return g.flush()
}

// fits says why a file cannot have a name. Links and devices, which a file that
// is named by itself is written through, are none of a folder's own.
func fits(path string) error {
	info, err := os.Lstat(path)
	switch {
	case isNotExist(err):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return &nameError{path, "a folder has this name"}
	case !info.Mode().IsRegular():
		return &nameError{path, "what has this name is no file, but a link or a device"}
	}
	return nil
}

// write makes a temporary file; it is removed again if that fails.
func (g *Group) write(temp string, content []byte) error {
	h, err := g.fs.Create(temp)
	if err != nil {
		return err
	}
	_, err = h.Write(content)
	if err = errors.Join(err, h.Close()); err != nil {
		return errors.Join(err, g.fs.Remove(temp))
	}
	return nil
}

// Flush makes all staged files appear.
func (g *Group) Flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.flush()
}

func (g *Group) flush() error {
	if g.failed != nil || len(g.staged) == 0 {
		return g.failed
	}
	temps := make([]string, len(g.staged))
	for i, s := range g.staged {
		temps[i] = s.temp
	}
	if err := tell(g.Appearing, g.staged); err != nil {
		return g.giveUp(err)
	}
	folders := g.folders()
	if err := conceding(g.fs.SyncFiles(g.dir, temps), g.dir, noSync); err != nil {
		return g.giveUp(named(err, g.dir))
	}
	all := g.staged
	for len(g.staged) > 0 {
		if err := g.fs.Rename(g.staged[0].temp, filepath.Join(g.dir, g.staged[0].Name)); err != nil {
			return g.giveUp(err)
		}
		g.staged = g.staged[1:]
	}
	g.staged, g.bytes = nil, 0
	for _, dir := range folders {
		if err := syncDir(g.fs, dir); err != nil {
			return g.giveUp(err)
		}
	}
	if err := tell(g.Appeared, all); err != nil {
		return g.giveUp(err)
	}
	return nil
}

// folders are those that staged files are to appear in, with the folders those
// are in, which may be new.
func (g *Group) folders() []string {
	list := []string{g.dir}
	for _, s := range g.staged {
		path := filepath.Join(g.dir, s.Name)
		for dir := filepath.Dir(path); len(dir) > len(g.dir) && !slices.Contains(list, dir); dir = filepath.Dir(dir) {
			list = append(list, dir)
		}
	}
	return list
}

func tell(about func([]Staged) error, files []Staged) error {
	if about == nil {
		return nil
	}
	return about(files)
}

// giveUp removes what is staged and remembers why.
func (g *Group) giveUp(cause error) error {
	g.failed = cause
	for _, s := range g.staged {
		if err := g.fs.Remove(s.temp); err != nil {
			g.failed = errors.Join(g.failed, err)
		}
	}
	g.staged, g.bytes = nil, 0
	return g.failed
}

// Leave is Flush where work has ended early: files that are whole appear, unless the
// group has failed before.
func (g *Group) Leave() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil {
		return nil
	}
	return g.flush()
}

// Abort removes what is staged. Files that have appeared stay: each is
// complete by itself.
func (g *Group) Abort() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil {
		return nil
	}
	aborted := errors.New("atomicfile: the group was aborted")
	if err := g.giveUp(aborted); err != aborted {
		return err
	}
	return nil
}
