package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// target is the file that a path's links lead to. It is special when it is to
// be written to, not replaced: a device, a pipe, or what a process has open.
func target(path string) (file string, special bool) {
	if abs, err := filepath.Abs(path); err == nil && (strings.HasPrefix(abs, "/dev/") || strings.HasPrefix(abs, "/proc/")) {
		return path, true
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return path, true
	}
	if link, err := os.Readlink(path); err == nil {
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		return target(link)
	}
	return path, false
}

// writeThrough writes to what is special. A pipe that nobody reads is an error.
func writeThrough(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("nobody reads from it")}
	}
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}
