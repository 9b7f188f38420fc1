package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	linked       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	blocksOfCode = regexp.MustCompile("(?s)```.*?```") // code, which links to nothing
	flowed       = regexp.MustCompile(`\bconfigs/[\w.-]+\.flow\b`)
)

// TestDocs looks for what the pages name: the files that their links lead to,
// and the flows that they tell people to run.
func TestDocs(t *testing.T) {
	root := filepath.Join("..", "..")
	links, flows := 0, 0
	err := filepath.WalkDir(root, func(page string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(page) != ".md" {
			return err
		}
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		text = blocksOfCode.ReplaceAll(text, nil)
		for _, m := range linked.FindAllSubmatch(text, -1) {
			to, _, _ := strings.Cut(string(m[1]), "#")
			if to == "" || strings.Contains(to, ":") { // on this page, or elsewhere in the world
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), to)); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
		}
		for _, name := range flowed.FindAllString(string(text), -1) {
			flows++
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				t.Errorf("%s names %s: %v", page, name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if links < 2 || flows < 20 {
		t.Fatalf("the pages name only %d files and %d flows", links, flows)
	}
}
