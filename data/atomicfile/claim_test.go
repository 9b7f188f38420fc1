package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data/atomicfile"
)

// A claim that is withdrawn leaves what was there before it, and what has been
// put into its folder; one that is released leaves its folder.
func TestClaim(t *testing.T) {
	for name, c := range map[string]struct {
		before, put string
		release     bool
		left        []string // the innermost first
		gone        []string
	}{
		"all new":   {gone: []string{"a/b/c", "a"}},
		"within":    {before: "a", left: []string{"a"}, gone: []string{"a/b"}},
		"was there": {before: "a/b/c", left: []string{"a/b/c"}},
		"used":      {put: "a/b/c/file", left: []string{"a/b/c/file"}},
		"used half": {put: "a/file", left: []string{"a/file"}, gone: []string{"a/b"}},
		"released":  {release: true, left: []string{"a/b/c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.MkdirAll(filepath.Join(".", c.before), 0o755); err != nil {
				t.Fatal(err)
			}
			claim, err := atomicfile.ClaimFolder("a/b/c")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := atomicfile.ClaimFolder("a/b/c"); err == nil || !strings.Contains(err.Error(), "another run is writing to") {
				t.Errorf("claimed twice: %v", err)
			}
			if c.put != "" {
				if err := os.WriteFile(c.put, []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			end := claim.Withdraw
			if c.release {
				end = claim.Release
			}
			if err := end(); err != nil {
				t.Error(err)
			}
			for _, path := range c.left {
				if _, err := os.Stat(path); err != nil {
					t.Error(err)
				}
			}
			for _, path := range c.gone {
				if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is left; %v", path, err)
				}
			}
		})
	}
}

// A shared claim that is withdrawn leaves the folder to others who share it, and
// the last of them takes it away if nothing was put into it.
func TestSharedClaim(t *testing.T) {
	t.Chdir(t.TempDir())
	first, err := atomicfile.ShareFolder("a/b")
	if err != nil {
		t.Fatal(err)
	}
	second, err := atomicfile.ShareFolder("a/b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.ClaimFolder("a/b"); err == nil || !strings.Contains(err.Error(), "another run is writing to") {
		t.Errorf("claimed by one alone: %v", err)
	}
	if err := first.Withdraw(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat("a/b"); err != nil {
		t.Errorf("the folder was taken from another: %v", err)
	}
	if err := second.Withdraw(); err != nil {
		t.Error(err)
	}
	third, err := atomicfile.ShareFolder("a/c")
	if err == nil {
		err = third.Withdraw()
	}
	if err != nil {
		t.Error(err)
	}
	if _, err := os.Stat("a/c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a/c is left; %v", err)
	}
}

// Folders that could be made are not left where one in them cannot be.
func TestClaimRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := atomicfile.ClaimFolder(filepath.Join("a/b", strings.Repeat("x", 300))); err == nil {
		t.Error("there is a folder of 300 letters")
	}
	if _, err := os.Stat("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a is left; %v", err)
	}
}
