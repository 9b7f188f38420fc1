package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// OtherError is the one of a file that would have been published in the place of
// another, which stays.
type OtherError struct{ Path string }

func (e *OtherError) Error() string {
	return e.Path + " is there with other bytes, and is not replaced"
}

// Publish gives a finished file, synced, a second name that nothing had before;
// the first one stays. Where a file system has no hard links, that is a copy. A
// file that is there with the same bytes is as good, and
// made says that it was not; one with others is an OtherError. Of several that
// publish under one name at once, one makes the file. The folder is to be synced
// afterwards, once for all files.
func Publish(from, path string) (made bool, err error) {
	if err = hardLink(from, path); lacksLinks(err) {
		err = copyNew(from, path)
	}
	switch {
	case err == nil:
		return true, nil
	case !errors.Is(err, fs.ErrExist):
		return false, err
	case OS.Same(from, path):
		return false, nil
	}
	return false, &OtherError{path}
}

// What a file system may lack; variables, so that tests can do without.
var (
	hardLink  = os.Link
	renameNew = renameWithoutReplacing
)

// copyNew is a copy in the place of a link.
func copyNew(from, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return named(fs.ErrExist, path)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	temp, err := writeTemporary(path, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(moveNew(temp, path), removeIfThere(temp))
}

// moveNew gives a file another name, which nothing had, and takes its own away.
func moveNew(from, path string) error {
	err := renameNew(from, path)
	if !isUnsupported(err) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return named(fs.ErrExist, path)
	}
	concede(filepath.Dir(path), noLinks)
	return os.Rename(from, path)
}

// writeTemporary writes a file under a temporary name beside path, and syncs it.
func writeTemporary(path string, fill func(io.Writer) error) (temp string, err error) {
	temp = temporary(path)
	h, err := OS.Create(temp)
	if err != nil {
		return "", named(err, path)
	}
	err = fill(h)
	if err == nil {
		err = conceding(h.Sync(), path, noSync)
	}
	if err = errors.Join(err, h.Close()); err != nil {
		return "", errors.Join(named(err, path), removeIfThere(temp))
	}
	return temp, nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !isNotExist(err) {
		return err
	}
	return nil
}

// WriteOnce makes a file of what fill writes, unless the name is taken: then it
// is Publish's word whether that is as good. The file lasts when it returns.
func WriteOnce(path string, fill func(io.Writer) error) (made bool, err error) {
	temp, err := writeTemporary(path, fill)
	if err != nil {
		return false, err
	}
	defer os.Remove(temp)
	if made, err = Publish(temp, path); err != nil {
		return false, err
	}
	return made, SyncDir(filepath.Dir(path))
}
