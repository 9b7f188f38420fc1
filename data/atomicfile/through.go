package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many links one may lead to another.
const maxLinks = 40

// resolve follows the links of a path to the file that is to be written. It is
// special when it is to be written to, not replaced: a device, a pipe, a socket,
// and what /proc has links to, which is open somewhere.
func resolve(path string) (target string, special bool, err error) {
	given := path
	for range maxLinks {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, false, nil // it is made, as where a link leads that dangles
		case err != nil:
			return "", false, err
		case info.Mode()&fs.ModeSymlink == 0:
			return path, !info.Mode().IsRegular() && !info.IsDir(), nil
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", false, err
		}
		if dir == "/proc" || strings.HasPrefix(dir, "/proc/") {
			return path, true, nil
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", false, err
		}
		if path = to; !filepath.IsAbs(to) {
			path = filepath.Join(dir, to)
		}
	}
	return "", false, fmt.Errorf("%s: too many links", given)
}

// openSpecial opens what is no regular file, to write to it, behind what is
// there: standard output may be a file, and hold something already. A pipe that nobody
// reads is an error: waiting for a reader could not be ended.
func openSpecial(path string) (Handle, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|openNonblock, 0)
	if isNoReader(err) {
		return nil, fmt.Errorf("%s: nobody reads from it", path)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Target is the file that is written when a path is: where its links lead.
func Target(path string) string {
	if target, _, err := resolve(path); err == nil {
		return target
	}
	return path
}

// Special says whether a path is to be written to and not replaced: it is a
// device, a pipe or the like, by whatever links.
func Special(path string) bool {
	_, special, err := resolve(path)
	return err == nil && special
}
