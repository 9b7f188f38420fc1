package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// named gives an error that does not name its path a path.
func named(err error, path string) error {
	var of *fs.PathError
	if err == nil || errors.As(err, &of) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// OfName says whether an error is about the one name alone, which the file
// system cannot have: it is too long, has letters it does not take, or a folder
// has it. Others can be written all the same.
func OfName(err error) bool {
	var of *nameError
	return errors.As(err, &of) || isOfName(err)
}

type nameError struct{ path, problem string }

func (e *nameError) Error() string { return e.path + ": " + e.problem }

// What a file system may lack, and what follows.
const (
	noSync  = "this file system cannot sync; what is written may be lost when the machine stops"
	noRead  = "this folder may not be read, and so not synced; what is written may be lost when the machine stops"
	noLocks = "this file system has no locks; see to it that no second run writes there"
	noLinks = "this file system has no hard links and replaces what has a name; see to it that no second run writes there"
)

var conceded struct {
	sync.Mutex
	places map[string]string // the first that has met it, by what lacks
}

// conceding takes an error that says the file system lacks something for none,
// and remembers it.
func conceding(err error, path, lack string) error {
	if err == nil || !isUnsupported(err) {
		return err
	}
	concede(path, lack)
	return nil
}

// concede remembers what the file system of a path lacks.
func concede(path, lack string) {
	conceded.Lock()
	defer conceded.Unlock()
	if conceded.places == nil {
		conceded.places = map[string]string{}
	}
	if _, met := conceded.places[lack]; !met {
		conceded.places[lack] = path
	}
}

// Conceded says what file systems have lacked since it was last asked, a line
// for each lack with the first place that has met it.
func Conceded() []string {
	conceded.Lock()
	defer conceded.Unlock()
	var lines []string
	for _, lack := range []string{noSync, noRead, noLocks, noLinks} {
		if place, met := conceded.places[lack]; met {
			lines = append(lines, place+": "+lack)
		}
	}
	conceded.places = nil
	return lines
}

// syncDir syncs a folder, where that can be done.
func syncDir(f FS, dir string) error {
	err := f.SyncDir(dir)
	if errors.Is(err, fs.ErrPermission) { // one may write to it, and not read it
		concede(dir, noRead)
		return nil
	}
	return named(conceding(err, dir, noSync), dir)
}

// SyncDir makes renames in a folder last, where the file system can.
func SyncDir(dir string) error { return syncDir(OS, dir) }
