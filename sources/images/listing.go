package images

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
	"hpaflow/flow/component"
	"hpaflow/sources/remote"
)

// deepest is how many folders in folders are looked into.
const deepest = 32

// listing goes through the files of a folder, and with KeysPath through those
// of the folders in it. Without, it goes through those that are as deep as their
// names tell of. A folder that has the name of a file that is looked for
// stands in its place, and whoever reads it says so. Hidden folders are passed
// over; links to folders are not followed, as a tree that is linked into itself
// has no end.
type listing struct {
	root   string
	store  *remote.Folder         // that the root is; nil: a folder of this machine
	wanted func(name string) bool // says that a file of this name is looked for
	limits component.Limits
	tally  *tally
	depth  int    // how many folders deep the files are, which names tell of
	listed func() // is told when all files of one folder have been visited; nil: nobody is
	files  int
}

// walk calls visit with the name of every file, below the root and with slashes.
func (l *listing) walk(ctx context.Context, visit func(name string)) error {
	return l.folder(ctx, "", 0, visit)
}

func (l *listing) folder(ctx context.Context, dir string, depth int, visit func(name string)) error {
	var folders []string
	err := atomicfile.EachEntry(filepath.Join(l.root, dir), func(e fs.DirEntry) error {
		name := dir + e.Name()
		switch {
		case !l.deep(depth) && e.IsDir() && !strings.HasPrefix(e.Name(), "."):
			folders = append(folders, name+"/")
		case !e.IsDir() || l.wanted(name):
			if l.files++; l.files > 4*l.limits.MaxKeys {
				return fmt.Errorf("%s holds more than %d files; %s", l.root, l.files-1, component.Raise("max_keys", 4*l.limits.MaxKeys))
			}
			if e.Type() == fs.ModeSymlink && path.Ext(e.Name()) == "" {
				l.tally.links++
			}
			visit(name)
		case strings.HasPrefix(e.Name(), "."):
		case l.limits.Keys == component.KeysPath:
			folders = append(folders, name+"/")
		default:
			l.tally.folders = append(l.tally.folders, name)
		}
		if l.files%4096 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if l.listed != nil {
		l.listed()
	}
	if len(folders) > 0 && depth == deepest {
		return fmt.Errorf("%s: folders are looked into %d deep, and no deeper", filepath.Join(l.root, dir), deepest)
	}
	for _, f := range folders {
		if err := l.folder(ctx, f, depth+1, visit); err != nil {
			return err
		}
	}
	return nil
}

// deep says that files at a depth may be looked for.
func (l *listing) deep(depth int) bool { return depth >= l.depth }

// objects is walk for a folder of a store: visit is called for every object. What
// stands in hidden folders is passed over.
func (l *listing) objects(ctx context.Context, visit func(store.Object)) error {
	paths := l.limits.Keys == component.KeysPath
	for o, err := range l.store.List(ctx, paths || l.depth > 0) {
		dir, _ := path.Split(o.Key)
		switch {
		case err != nil:
			return err
		case o.Folder:
			if !strings.HasPrefix(o.Key, ".") {
				l.tally.folders = append(l.tally.folders, strings.TrimSuffix(o.Key, "/"))
			}
			continue
		case strings.HasPrefix(dir, ".") || strings.Contains(dir, "/."):
			continue
		case !paths && strings.Count(dir, "/") > l.depth:
			continue // deeper than names tell of
		}
		if l.files++; l.files > 4*l.limits.MaxKeys {
			return fmt.Errorf("%s holds more than %d files; %s", l.root, l.files-1, component.Raise("max_keys", 4*l.limits.MaxKeys))
		}
		visit(o)
	}
	if l.listed != nil {
		l.listed()
	}
	return nil
}

// ReadNames lists the files of a folder, in no order, without asking the file
// system about each.
func ReadNames(dir string) ([]string, error) {
	return readNames(dir, func(e fs.DirEntry) bool { return !e.IsDir() })
}

// everyName is ReadNames of files and folders: of what stands where an image is
// looked for, whoever reads it says what it is.
func everyName(dir string) ([]string, error) {
	return readNames(dir, func(fs.DirEntry) bool { return true })
}

func readNames(dir string, wanted func(fs.DirEntry) bool) (names []string, err error) {
	err = atomicfile.EachEntry(dir, func(e fs.DirEntry) error {
		if wanted(e) {
			names = append(names, e.Name())
		}
		return nil
	})
	return names, err
}
