package units

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
)

// sweep removes the work folders of workers that do not live, and, when none
// does, parts that no record names and plans that are half written.
func (f *Flow) sweep(parts []map[string]string) error {
	var faults []error
	for _, s := range f.private() {
		if place.Remote(s.folder) {
			faults = append(faults, f.sweepStore(s, parts))
			continue
		}
		alive, err := f.sweepWorks(s)
		faults = append(faults, err)
		if alive {
			continue
		}
		faults = append(faults, os.RemoveAll(filepath.Join(s.folder, "journal"))) // of units that are done
		if err := atomicfile.Sweep(atomicfile.OS, s.folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
		named := map[string]bool{}
		for _, of := range parts {
			named[of[s.Name]] = true
		}
		kept, err := os.ReadDir(partDir(s, ""))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
		for _, e := range kept {
			if !named[e.Name()] {
				faults = append(faults, os.RemoveAll(partDir(s, e.Name())))
			} else {
				faults = append(faults, sweepPart(partDir(s, e.Name())))
			}
		}
	}
	return errors.Join(faults...)
}

// sweepWorks removes work folders, and what their workers have published that no
// record names. It says whether there are workers that live.
func (f *Flow) sweepWorks(s sink) (alive bool, err error) {
	entries, err := os.ReadDir(s.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), workPrefix) {
			continue
		}
		work := filepath.Join(s.folder, e.Name())
		unlock, held := atomicfile.Lock(work)
		if held != nil {
			alive = true // or it has just removed the folder itself
			continue
		}
		left := f.takeBackOf(s, work)
		if left == nil {
			left = os.RemoveAll(work)
		}
		err = errors.Join(err, left, unlock())
	}
	return alive, err
}

// takeBackOf removes what a worker that was killed before it recorded its unit
// has published, as far as no record names it: a worker that did the unit again
// has come to another outcome, and made a dead letter of a record, say. That a
// file is the worker's own is seen by the link to it in the work folder.
func (f *Flow) takeBackOf(s sink, work string) error {
	left, err := f.unnamed(s, work)
	if err != nil || len(left) == 0 {
		return err
	}
	own := infosBelow(filepath.Join(work, s.Name))
	for _, name := range left {
		path := filepath.Join(s.home, name)
		there, err := os.Stat(path)
		if err == nil && slices.ContainsFunc(own, func(info fs.FileInfo) bool { return os.SameFile(info, there) }) {
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// unnamed are the files that a worker was about to publish and that no record
// names.
func (f *Flow) unnamed(s sink, work string) ([]string, error) {
	text, err := place.Read(context.Background(), place.Join(work, intentName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was published yet
	}
	if err != nil {
		return nil, err
	}
	var r Record
	if json.Unmarshal(text, &r) != nil {
		return nil, nil // it is written whole or not at all; this is not ours to judge
	}
	var left []string
	for _, file := range r.Files {
		if file.Node == s.Name {
			left = append(left, file.Name)
		}
	}
	for _, of := range []int{r.Unit, allUnits} { // another plan may have been made since, in which they are of other units
		named, err := f.namedFiles(s, of)
		if err != nil {
			return nil, err
		}
		left = slices.DeleteFunc(left, func(name string) bool { return named[name] })
		if len(left) == 0 {
			break
		}
	}
	return left, nil
}

const allUnits = -1

// namedFiles are those of a sink that the record of a unit names, or those of all
// units.
func (f *Flow) namedFiles(s sink, unit int) (map[string]bool, error) {
	list := []int{unit}
	if unit == allUnits {
		status, err := f.Status()
		if err != nil {
			return nil, err
		}
		list = status.Done
	}
	named := map[string]bool{}
	for _, unit := range list {
		r, err := f.folder().record(unit)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		for _, file := range r.Files {
			if file.Node == s.Name {
				named[file.Name] = true
			}
		}
	}
	return named, nil
}

// infosBelow are the files of a folder and of those in it, as far as they can be
// read.
func infosBelow(dir string) (list []fs.FileInfo) {
	filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				list = append(list, info)
			}
		}
		return nil
	})
	return list
}

// sweepPart removes what a run that was killed while it looked for changes has
// left half written of a part.
func sweepPart(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return atomicfile.Sweep(atomicfile.OS, path)
	})
}
