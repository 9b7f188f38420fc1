//go:build unix

package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Lock keeps other writers out of a folder until unlock is called or the
// process ends, however it ends. The folder itself is locked, so there is no
// lock file to be left behind. On a file system without locks it locks nothing.
func Lock(dir string) (unlock func() error, err error) { return lock(dir, unix.LOCK_EX) }

// Share keeps those out of a folder who want it for themselves by Lock, and lets
// others share it.
func Share(dir string) (unlock func() error, err error) { return lock(dir, unix.LOCK_SH) }

func lock(dir string, how int) (unlock func() error, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(d.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = &HeldError{dir}
	} else if err = named(conceding(err, dir, noLocks), dir); err == nil {
		err = stillNamed(d, dir)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d.Close, nil
}

// stillNamed says that a folder or file that was opened is no longer the one of its
// name: between the two steps another run has removed it.
func stillNamed(d *os.File, dir string) error {
	opened, err := d.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(dir)
	if err == nil && !os.SameFile(opened, now) {
		err = &os.PathError{Op: "lock", Path: dir, Err: os.ErrNotExist}
	}
	return err
}

// moveOpen says whether an open file can be renamed and removed.
const moveOpen = true

// hold marks a temporary file as one that is being written, until it is closed
// or the process ends. It waits for a discard of the file, which takes a moment.
func hold(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			return conceding(err, f.Name(), noLocks)
		}
	}
}

// discard removes a file that nobody holds, and holds it meanwhile. One that cannot be
// asked counts as not held.
func discard(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return os.Remove(path)
	}
	defer f.Close() // opened to be locked: nothing can be lost
	if isHeld(f) {
		return nil
	}
	if errors.Is(stillNamed(f, path), os.ErrNotExist) {
		return nil // another has discarded it, and its writer may have made it anew
	}
	return os.Remove(path)
}

// LockFile keeps others out of a file who ask for the same, until unlock is called or
// the process ends. The file may be replaced by a rename meanwhile, by who holds it:
// those who wait then wait for the one that is there. After ten seconds they do no more.
func LockFile(path string) (unlock func() error, err error) {
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		held := errors.Is(err, unix.EWOULDBLOCK)
		if !held {
			if err = named(conceding(err, path, noLocks), path); err == nil {
				if err = stillNamed(f, path); err == nil {
					return f.Close, nil
				}
				held = errors.Is(err, os.ErrNotExist) // it is another by now
			}
		}
		f.Close() // opened to be locked: nothing can be lost
		switch {
		case !held:
			return nil, err
		case time.Now().After(until):
			return nil, fmt.Errorf("another program keeps %s to itself", path)
		}
	}
}

// Held says whether another has locked a folder, for itself or to share. One that
// is not there, or cannot be asked, counts as not held.
func Held(dir string) bool {
	d, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	return isHeld(d)
}

// isHeld says whether another has locked what was opened; if none has, this process has
// it from now on.
func isHeld(f *os.File) bool {
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}
