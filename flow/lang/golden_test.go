package lang_test

import (
	"flag"
	"fmt"
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

func section(a *txtar.Archive, name string) []byte {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return a.Files[i].Data
}

func settings(a *txtar.Archive) []string {
	return strings.FieldsFunc(string(section(a, "set")), func(r rune) bool { return r == '\n' })
}

func parsed(a *txtar.Archive) (*lang.Plan, lang.Diagnostics) {
	f, faults := lang.Parse("case.flow", section(a, "case.flow"))
	if faults != nil {
		return nil, faults
	}
	return f.Plan(settings(a), components().reg)
}

// golden runs a function on every case of a folder and compares the sections
// that it gives.
func golden(t *testing.T, folder string, run func(t *testing.T, a *txtar.Archive) map[string]string) {
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
				if diff := cmp.Diff(string(section(a, name)), got[name]); diff != "" {
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

func TestFaults(t *testing.T) {
	golden(t, "faults", func(t *testing.T, a *txtar.Archive) map[string]string {
		plan, faults := parsed(a)
		if len(faults) == 0 || plan != nil {
			t.Errorf("plan %v, faults %v: want faults and no plan", plan, faults)
		}
		var b strings.Builder
		if err := faults.Render(&b, false); err != nil {
			t.Fatal(err)
		}
		return map[string]string{"faults": b.String()}
	})
}

func TestPlans(t *testing.T) {
	golden(t, "plans", func(t *testing.T, a *txtar.Archive) map[string]string {
		plan, faults := parsed(a)
		if faults != nil {
			t.Fatal(faults)
		}
		return map[string]string{"plan": describe(plan)}
	})
}

// describe is a plan as text: equal plans have equal texts.
func describe(p *lang.Plan) string {
	var b strings.Builder
	opts := p.Options()
	fmt.Fprintf(&b, "options {Name:%s OnError:%s MaxErrors:%d Seed:%d Memory:%d Workers:%d Budget:%d}\n",
		opts.Name, opts.OnError, opts.MaxErrors, opts.Seed, opts.Memory, opts.Workers, opts.Budget)
	for _, v := range p.Variables {
		fmt.Fprintf(&b, "variable %s %s default %s value %s set %v doc %q\n", v.Name, v.Type, v.Default, v.Value, v.Set, v.Doc)
	}
	for _, n := range p.Nodes {
		fmt.Fprintf(&b, "%s is %s", n.Ref(), n.Spec.Name)
		for _, f := range n.Spec.AllFields() {
			fmt.Fprintf(&b, " %s=%#v", f.Name, n.Args[f.Name])
		}
		b.WriteString("\n")
	}
	for _, e := range p.Edges {
		fmt.Fprintf(&b, "%s -> %s at %s\n", e.From, e.To, e.Port.Name)
	}
	return b.String()
}
