// Package langtest has what the tests of the .flow language and of its readers
// share: components that do little, and golden cases.
package langtest

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"hpaflow/flow/lang"
)

var update = flag.Bool("update", false, "write what is into the golden files")

// A golden case is an archive with a comment that says what it is about, the
// file `case.flow`, the settings `set`, one a line, and what is expected of it.

// Section is a file of a case, nil if there is none.
func Section(a *txtar.Archive, name string) []byte {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return a.Files[i].Data
}

// Settings are those of a case.
func Settings(a *txtar.Archive) []string {
	return strings.FieldsFunc(string(Section(a, "set")), func(r rune) bool { return r == '\n' })
}

// Parsed is the plan of a case, or its faults.
func Parsed(a *txtar.Archive) (*lang.Plan, lang.Diagnostics) {
	f, faults := lang.Parse("case.flow", Section(a, "case.flow"))
	if faults != nil {
		return nil, faults
	}
	return f.Plan(Settings(a), Components().Registry)
}

// Golden runs a function on every case of a folder and compares the sections
// that it gives.
func Golden(t *testing.T, folder string, run func(t *testing.T, a *txtar.Archive) map[string]string) {
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, a)
			if *update {
				rewrite(t, path, a, got)
				return
			}
			for _, name := range slices.Sorted(maps.Keys(got)) {
				if diff := cmp.Diff(string(Section(a, name)), got[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

func rewrite(t *testing.T, path string, a *txtar.Archive, got map[string]string) {
	t.Helper()
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name != "case.flow" && f.Name != "set" })
	for _, name := range slices.Sorted(maps.Keys(got)) {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(got[name])})
	}
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Runnable is a flow of the components that runs.
const Runnable = `
variable "to" {
  default = "-"
}

run {
  on_error = "skip"
}

sink "dead_letters" "failed" {
  in   = run.dead_letters
  file = "failed.jsonl"
}

sink "print" "out" {
  in = op.planes
  to = var.to
}

op "decode" "planes" {
  in = source.names
}

source "list" "names" {
}
`

// Planned is the plan of a text without faults.
func Planned(t *testing.T, m *Made, src string, sets ...string) *lang.Plan {
	t.Helper()
	f, faults := lang.Parse("folder/job.flow", []byte(src))
	if faults != nil {
		t.Fatal(faults)
	}
	plan, faults := f.Plan(sets, m.Registry)
	if faults != nil {
		t.Fatal(faults)
	}
	return plan
}
