//go:build unix

package component

import "golang.org/x/sys/unix"

var errNotDir error = unix.ENOTDIR

// mayWrite asks the system whether this process may write to a file, or make
// files in a folder.
func mayWrite(path string) error { return unix.Access(path, unix.W_OK) }
