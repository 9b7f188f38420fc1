// Package foldertest reads and fills folders for tests, which compare what runs
// have left.
package foldertest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Read gives the contents of all files below a folder, by their path from it,
// but for the shortcuts by time in .run, by which runs are not compared.
func Read(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "seen" && kept(filepath.Base(filepath.Dir(path))) {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Results is Read without what a run keeps of what its results were made from.
func Results(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := Read(t, dir)
	for name := range all {
		if folders := strings.Split(path.Dir(filepath.ToSlash(name)), "/"); slices.ContainsFunc(folders, kept) {
			delete(all, name)
		}
	}
	return all
}

// kept says that a run keeps in the folder what results were made from: .run in
// a folder of results, .NAME.run beside a file.
func kept(folder string) bool {
	return strings.HasPrefix(folder, ".") && strings.HasSuffix(folder, ".run")
}

// Fill writes files below a folder, by their path from it.
func Fill(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Put writes a file to a folder of its own and gives its path.
func Put(t testing.TB, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	Fill(t, dir, map[string]string{name: text})
	return filepath.Join(dir, name)
}
