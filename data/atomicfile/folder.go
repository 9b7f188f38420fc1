package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MakeFolder makes a folder and those it is in, as far as they are missing, and
// lets them last: what is written into a new folder is not lost with it.
func MakeFolder(dir string) error {
	dir = filepath.Clean(dir)
	var made []string // parents of new folders
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		made = append(made, filepath.Dir(at))
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, parent := range made {
		if err := syncDir(OS, parent); err != nil {
			return err
		}
	}
	return nil
}

// Prepare makes the folder that a file is to be written to, and removes what
// killed runs have left of it.
func Prepare(file string) error {
	if err := MakeFolder(filepath.Dir(file)); err != nil {
		return err
	}
	return SweepFile(OS, file)
}

// EachEntry goes through a folder in no order, without asking the file system
// about each entry, and without holding all of them at once.
func EachEntry(dir string, visit func(fs.DirEntry) error) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		entries, err := f.ReadDir(4096)
		for _, e := range entries {
			if err := visit(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// RegularFiles are the names of the files in a folder.
func RegularFiles(dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		if e.Type().IsRegular() {
			names[e.Name()] = true
		}
	}
	return names, nil
}

// CheckName refuses a name that would lead out of its folder, or into another.
func CheckName(name string) error {
	if strings.Contains(name, "/") {
		return fmt.Errorf("%q is no name for a file in the folder", name)
	}
	return CheckPath(name)
}

// CheckPath refuses a path, with slashes, that would lead out of the folder it
// is put in. The folders on its way may have no hidden names.
func CheckPath(path string) error {
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part != filepath.Base(part) || strings.HasPrefix(part, ".") {
			return fmt.Errorf("%q is no name for a file below the folder", path)
		}
	}
	return nil
}
