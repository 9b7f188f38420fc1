package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// Claim is a folder that is made for results and locked, as long as it is not
// known whether there will be any.
type Claim struct {
	made   []string // folders that were not there before, the innermost first
	unlock func() error
}

// ClaimFolder makes a folder, as MakeFolder does, and keeps other writers out of
// it, as Lock does.
func ClaimFolder(dir string) (*Claim, error) {
	for {
		made, err := makeFolder(dir)
		if err != nil {
			return nil, err
		}
		unlock, err := Lock(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another run has just withdrawn it
		}
		if err != nil {
			return nil, err
		}
		return &Claim{made, unlock}, nil
	}
}

// Release unlocks the folder.
func (c *Claim) Release() error { return c.unlock() }

// Withdraw unlocks the folder, and leaves no trace of the claim: folders that
// were made for it are removed, as far as nothing has been put into them.
func (c *Claim) Withdraw() error {
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
