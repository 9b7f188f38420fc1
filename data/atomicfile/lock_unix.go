//go:build unix

package atomicfile

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Lock keeps other writers out of a folder until unlock is called or the
// process ends, however it ends. The folder itself is locked, so there is no
// lock file to be left behind.
func Lock(dir string) (unlock func() error, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("another run is writing to %s", dir)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d.Close, nil
}
