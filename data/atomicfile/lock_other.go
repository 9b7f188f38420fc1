//go:build !unix

package atomicfile

import "os"

// Lock does nothing here: that no second run writes to the folder is up to
// the people who start it.
func Lock(string) (unlock func() error, err error) { return func() error { return nil }, nil }

// Share does nothing here either.
func Share(string) (unlock func() error, err error) { return func() error { return nil }, nil }

// LockFile does nothing here either.
func LockFile(string) (unlock func() error, err error) { return func() error { return nil }, nil }

// moveOpen says whether an open file can be renamed and removed.
const moveOpen = false

// hold does nothing here: a temporary file is discarded whoever writes it.
func hold(*os.File) error { return nil }

func discard(path string) error { return os.Remove(path) }

func stillNamed(*os.File, string) error { return nil }

// Held knows nothing here.
func Held(string) bool { return false }
