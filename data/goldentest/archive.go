package goldentest

import (
	"archive/zip"
	"io"
	"strings"
	"testing"
)

// Archive gives the files of a zip file by name, and the lines of the one that says
// what they are, manifest.txt.
func Archive(t testing.TB, path string) (files map[string][]byte, manifest []string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files, strings.Split(strings.TrimSpace(string(files["manifest.txt"])), "\n")
}
