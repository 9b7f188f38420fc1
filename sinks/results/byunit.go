package results

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/flow/component"
)

// FolderByUnit is for a sink of files in a folder, which a field names: each is
// called after its record, so that those of units need no joining.
func FolderByUnit(field string) *component.ByUnit {
	return &component.ByUnit{
		Home: func(a component.Args) (string, bool) { return a.String(field), true },
		At:   func(a component.Args, path string) component.Args { return Elsewhere(a, field, path) },
		Private: func(a component.Args, dir string) component.Args {
			return Elsewhere(a, field, dir)
		},
		Publish: func(_ component.Args, dir string, _ int) (map[string]component.Published, error) { return Visible(dir) },
		Join:    func(n *component.Node, _ *component.Joined) error { return SaveMade(n, n.Args.String(field)) },
	}
}

// SaveMade records in a folder of results by what recipe units have made them.
// What each was made from is in the units' own records.
func SaveMade(n *component.Node, dir string) error {
	made, err := MadeOf(n)
	if err != nil {
		return err
	}
	store := provenance.Of(dir)
	if err := store.Sweep(); err != nil {
		return err
	}
	return store.Save(made)
}

// FileByUnit is for a sink of one file, which a field names. Every unit has a
// file of its own, called as the whole one is, and join makes the whole one of
// these, unit by unit.
func FileByUnit(field string, join func(n *component.Node, parts []string) error) *component.ByUnit {
	return &component.ByUnit{
		Home: func(a component.Args) (string, bool) { return a.String(field), false },
		At:   func(a component.Args, path string) component.Args { return Elsewhere(a, field, path) },
		Private: func(a component.Args, dir string) component.Args {
			return Elsewhere(a, field, filepath.Join(dir, nameOf(a, field)))
		},
		Join: func(n *component.Node, j *component.Joined) error {
			var parts []string
			for _, dir := range j.Parts {
				parts = append(parts, filepath.Join(dir, nameOf(n.Args, field)))
			}
			return join(n, parts)
		},
	}
}

// WholeByUnit is for a sink of one file that is made when all units are done.
func WholeByUnit(field string, join func(n *component.Node, j *component.Joined) error) *component.ByUnit {
	return &component.ByUnit{
		Home: func(a component.Args) (string, bool) { return a.String(field), false },
		At:   func(a component.Args, path string) component.Args { return Elsewhere(a, field, path) },
		Join: join,
	}
}

func nameOf(a component.Args, field string) string {
	return place.Base(a.String(field))
}

// Elsewhere are settings with another path in a field.
func Elsewhere(a component.Args, field, path string) component.Args {
	a = maps.Clone(a)
	a[field] = path
	return a
}

// Visible are the files below a folder but for hidden ones and those in hidden
// folders, each under its own name.
func Visible(dir string) (map[string]component.Published, error) {
	names := map[string]component.Published{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case !e.Type().IsRegular() || strings.HasSuffix(e.Name(), atomicfile.Suffix):
			return nil
		}
		name, err := filepath.Rel(dir, path)
		names[name] = component.Published{Name: name}
		return err
	})
	return names, err
}

// NotByUnits locks a result for a sink that makes all of it, and refuses one that
// is made by units.
func NotByUnits(store provenance.Store, lock func() (unlock func() error, err error)) (unlock func() error, err error) {
	held, err := lock()
	if err != nil {
		return nil, err
	}
	if err := store.ByUnits(); err != nil {
		return nil, errors.Join(err, held())
	}
	return held, nil
}
