package provenance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
)

// FolderName is that of the store in a folder of results.
const FolderName = ".run"

// UnitsName is that of the folder in a store in which a result's units stand,
// where many machines make it (package units).
const UnitsName = "units"

// StepsName is that of the folder in a store in which steps of files of steps are
// recorded that have made the result (package steps).
const StepsName = "steps"

const madeName = "made.json"

// ByUnits refuses a result that is made by units to whoever does not make it so.
func (s Store) ByUnits() error {
	path := filepath.Join(s.Dir, UnitsName, "plan-0.json")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return fmt.Errorf("%s: the result is made by units, and this run is not; give the run block its unit, or choose another place", path)
}

// Store is the folder that holds what is known of a result, or of a folder of
// them. It is made when something is first saved in it.
type Store struct{ Dir string }

// Of is the store of a folder of results.
func Of(dir string) Store { return Store{filepath.Join(dir, FolderName)} }

// Beside is the store of a single file.
func Beside(file string) Store {
	dir, name := filepath.Split(filepath.Clean(file))
	return Store{filepath.Join(dir, BesideName(name))}
}

// BesideName is that of the store of a single file, beside it.
func BesideName(file string) string { return "." + file + FolderName }

// DirOf is the folder that holds what is known of a result: of a folder or of a single
// file, which a URL may name. A link's is with what it leads to.
func DirOf(result string, folder bool) string {
	switch {
	case folder:
		return place.Join(result, FolderName)
	case place.Remote(result):
		dir, name := place.Split(result)
		return place.Join(dir, BesideName(name))
	}
	return Beside(atomicfile.Target(filepath.Clean(result))).Dir
}

// Lock keeps other writers from a single file, by its store. Unlock removes a
// store in which nothing was recorded, and the folders that were made for it and hold
// nothing.
func (s Store) Lock() (unlock func() error, err error) {
	claim, err := atomicfile.ClaimFolder(s.Dir)
	if err != nil {
		return nil, err
	}
	return func() error {
		os.Remove(s.Dir) // fails unless it is empty
		return claim.Withdraw()
	}, nil
}

// Made reads the recipe; nil when nothing is recorded. One that cannot be read
// is an error that says what to do.
func (s Store) Made() (*Made, error) {
	path := filepath.Join(s.Dir, madeName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m Made
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it, and results count as complete, whatever they were made from", path, err)
	}
	return &m, nil
}

// Sweep removes what killed runs have left half written in the store. Its
// caller holds the result's lock.
func (s Store) Sweep() error {
	if err := atomicfile.Sweep(atomicfile.OS, s.Dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Save records the recipe.
func (s Store) Save(m *Made) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return err
	}
	return s.write(madeName, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
}

func (s Store) write(name string, fill func(io.Writer) error) error {
	if err := atomicfile.MakeFolder(s.Dir); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(s.Dir, name), fill)
}

// Forget takes all records away; what was recorded counts as complete again.
func (s Store) Forget() error {
	for _, name := range []string{madeName, samplesName, logName, seenName} {
		if err := os.Remove(filepath.Join(s.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(s.Dir, StepsName)); err != nil {
		return err
	}
	if err := os.Remove(s.Dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds what is no record: %w", s.Dir, err)
	}
	return nil
}
