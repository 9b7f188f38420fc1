package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// HeldError is that of a folder which another writer has locked.
type HeldError struct{ Dir string }

func (e *HeldError) Error() string { return "another run is writing to " + e.Dir }

// Claim is a folder that is made for results and locked, as long as it is not
// known whether there will be any.
type Claim struct {
	dir    string
	made   []string // folders that were not there before, the innermost first
	shared bool     // others may have a claim to it too
	unlock func() error
}

// ClaimFolder makes a folder, as MakeFolder does, and keeps other writers out of
// it, as Lock does.
func ClaimFolder(dir string) (*Claim, error) { return claim(dir, false) }

// ShareFolder makes a folder and keeps those out of it who claim it for
// themselves, as Share does.
func ShareFolder(dir string) (*Claim, error) { return claim(dir, true) }

func claim(dir string, shared bool) (*Claim, error) {
	lock := Lock
	if shared {
		lock = Share
	}
	for {
		made, err := makeFolder(dir)
		if err != nil {
			return nil, err
		}
		unlock, err := lock(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another run has just withdrawn it
		}
		if err != nil {
			return nil, err
		}
		return &Claim{dir, made, shared, unlock}, nil
	}
}

// Release unlocks the folder.
func (c *Claim) Release() error { return c.unlock() }

// Withdraw unlocks the folder, and leaves no trace of the claim: folders that
// were made for it are removed, as far as nothing has been put into them and
// nobody else has a claim to it.
func (c *Claim) Withdraw() error {
	if c.shared {
		err := c.unlock()
		if err != nil || len(c.made) == 0 {
			return err
		}
		if c.unlock, err = Lock(c.dir); err != nil {
			return nil // others are at work there
		}
	}
	removeEmpty(c.made)
	return c.unlock()
}

// removeEmpty removes folders, each of which is in the next, as far as they are
// there and hold nothing.
func removeEmpty(dirs []string) {
	for _, dir := range dirs {
		os.Remove(dir)
	}
}
