//go:build unix

package atomicfile

import (
	"errors"
	"os"

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
		err = sameFolder(d, dir)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d.Close, nil
}

// sameFolder says that a folder that was opened is no longer the one of its
// name: between the two steps another run has removed it.
func sameFolder(d *os.File, dir string) error {
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
// or the process ends.
func hold(f *os.File) error {
	return conceding(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), f.Name(), noLocks)
}

// Held says whether another has locked a folder, for itself or to share. One that
// is not there, or cannot be asked, counts as not held.
func Held(dir string) bool { return isHeld(dir) }

// isHeld says whether a living writer holds a file. One that cannot be asked
// counts as not held.
func isHeld(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}
