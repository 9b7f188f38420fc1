package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
	"hpaflow/data/store/storetest"
)

func TestFolder(t *testing.T) {
	storetest.Run(t, storetest.Options{}, func(t *testing.T) store.Store { return store.Folder(filepath.Join(t.TempDir(), "new")) })
}

// Links to files are listed, and folders behind links are not gone into, which
// could have no end. What is being written has no name yet.
func TestFolderListing(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "d", "empty"), 0o755), os.WriteFile(filepath.Join(dir, "d", "file"), []byte("123"), 0o600),
		os.Symlink("d/file", filepath.Join(dir, "linked")), os.Symlink("d", filepath.Join(dir, "folder")), os.Symlink("..", filepath.Join(dir, "d", "up")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")), os.WriteFile(filepath.Join(dir, ".x.1"+atomicfile.Suffix), nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := store.Folder(dir)
	for o, want := range map[store.ListOptions]string{{}: "d/file linked", {Folder: true}: "d/ folder/ linked", {Prefix: "folder/"}: "folder/empty/ folder/file folder/up/"} {
		if o.Prefix != "" {
			o.Folder = true
		}
		var got []string
		for object, err := range s.List(t.Context(), o) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, object.Key)
		}
		slices.Sort(got)
		if list := strings.Join(got, " "); list != want {
			t.Errorf("%+v: %s, not %s", o, list, want)
		}
	}
}

// A right that is missing is not taken for a file that is.
func TestFolderWithoutRights(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root has every right")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "d"), 0); err != nil {
		t.Fatal(err)
	}
	s := store.Folder(dir)
	_, stat := s.Stat(t.Context(), "d/a")
	_, create := store.Put(t.Context(), s, "d/a", nil, store.CreateOptions{})
	var list error
	for _, list = range s.List(t.Context(), store.ListOptions{Prefix: "d/"}) {
	}
	for _, err := range []error{stat, create, list} {
		if !errors.Is(err, store.ErrPermission) || errors.Is(err, store.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	}
}
