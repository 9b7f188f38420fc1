package atomicfile

import (
	"errors"
	"fmt"
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
// the first one stays. A file that is there with the same bytes is as good, and
// made says that it was not; one with others is an OtherError. Of several that
// publish under one name at once, one makes the file. The folder is to be synced
// afterwards, once for all files.
func Publish(from, path string) (made bool, err error) {
	err = link(from, path)
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

// link gives a file a second name, which nothing had.
func link(from, path string) error {
	err := os.Link(from, path)
	if err != nil && (isUnsupported(err) || errors.Is(err, fs.ErrPermission)) {
		err = fmt.Errorf("%w; what is published without replacing anything is so by hard links, which this file system may lack", err)
	}
	return err
}

// WriteOnce makes a file of what fill writes, unless the name is taken: then it
// is Publish's word whether that is as good. The file lasts when it returns.
func WriteOnce(path string, fill func(io.Writer) error) (made bool, err error) {
	temp := temporary(path)
	h, err := OS.Create(temp)
	if err != nil {
		return false, named(err, path)
	}
	defer os.Remove(temp)
	err = fill(h)
	if err == nil {
		err = conceding(h.Sync(), path, noSync)
	}
	if err = errors.Join(err, h.Close()); err != nil {
		return false, named(err, path)
	}
	if made, err = Publish(temp, path); err != nil {
		return false, err
	}
	return made, SyncDir(filepath.Dir(path))
}
