package lang_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"hpaflow/flow"
	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

func TestFormat(t *testing.T) {
	const src = "# about\n  op \"batch\"   \"b\" {\nin=op.x   # why\n      size   = 3\n\n\n when=true\n  }\n"
	const want = "# about\nop \"batch\" \"b\" {\n  in   = op.x # why\n  size = 3\n\n\n  when = true\n}\n"
	got, err := lang.Format("x.flow", []byte(src))
	if err != nil || string(got) != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestFormatRefusesBrokenFiles(t *testing.T) {
	_, err := lang.Format("x.flow", []byte("op \"a\" {"))
	if _, ok := errors.AsType[lang.Diagnostics](err); !ok {
		t.Errorf("error %v, want diagnostics", err)
	}
}

// cases are the flows of all golden cases, and their settings.
func cases(t testing.TB) map[string]*txtar.Archive {
	paths, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d cases, %v", len(paths), err)
	}
	all := map[string]*txtar.Archive{}
	for _, path := range paths {
		if all[path], err = txtar.ParseFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestFormatIsIdempotent(t *testing.T) {
	for path, a := range cases(t) {
		checkFormat(t, path, langtest.Section(a, "case.flow"), langtest.Settings(a))
	}
}

// FuzzParse holds that no file brings planning down, and that a file that
// plans formats to one that plans the same.
func FuzzParse(f *testing.F) {
	for _, a := range cases(f) {
		f.Add(langtest.Section(a, "case.flow"), "fold=1")
	}
	for _, bomb := range []string{
		`variable "v" { default = "${1e9999999}" }`, `variable "v" { default = format("%999999s", [[((-1))]]) }`, doublings(5, `"${V}${V}"`),
		doublings(3, `replace(V, "x", join(V, [for a in ["x", "y"] : "${a}%{if true}1e5%{endif}"]))`), `variable "v" { default = "1e9" * 3 % 2 }`,
		"step \"s\" {\n  flow = \"gone.flow\"\n  for_each = [1, 2, 3]\n  set = { a = each.value, (\"b\") = [1, \"x\"] }\n}",
	} {
		f.Add([]byte(bomb), `fold=["a", 1]`)
	}
	f.Fuzz(func(t *testing.T, src []byte, set string) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		checkFormat(t, "fuzz.flow", src, []string{set})
		checkFormat(t, "fuzz.flow", src, nil)
		runtime.ReadMemStats(&after)
		if took, used := time.Since(start), after.TotalAlloc-before.TotalAlloc; took > 40*time.Second || used > 4*512<<20 {
			t.Fatalf("%d MiB in %v, for planning it four times", used>>20, took)
		}
	})
}

func checkFormat(t *testing.T, name string, src []byte, sets []string) {
	once, err := lang.Format(name, src)
	if err != nil {
		return
	}
	twice, err := lang.Format(name, once)
	if err != nil || !bytes.Equal(once, twice) {
		t.Fatalf("%s: formatted twice: %v\n%q\nonce:\n%q", name, err, twice, once)
	}
	reg := langtest.Components().Registry
	file, _ := lang.Parse(name, src)
	plan, faults := file.Plan(sets, reg)
	if faults != nil {
		return
	}
	file, _ = lang.Parse(name, once)
	again, faults := file.Plan(sets, reg)
	if faults != nil {
		t.Fatalf("%s: plans, but not when formatted: %v", name, faults)
	}
	if describe(plan) != describe(again) {
		t.Fatalf("%s: formatting changes the plan\n%s\nto\n%s", name, describe(plan), describe(again))
	}
}

func TestExamplesAreCanonicalFlow(t *testing.T) {
	reg := langtest.Components().Registry
	const around = "\nsource \"list\" \"list\" {\n}\n\nop \"decode\" \"before\" {\n  in = source.list\n}\n\nsink \"print\" \"end\" {\n  in = op.before\n  to = \"end.txt\"\n}\n"
	for _, kind := range []flow.Kind{flow.KindSource, flow.KindOp, flow.KindSink} {
		for _, s := range reg.Specs(kind) {
			src := []byte(lang.Example(s) + around)
			if got, err := lang.Format("x.flow", src); err != nil || !bytes.Equal(got, src) {
				t.Errorf("%s: formats to %v\n%s", s.Title(), err, got)
			}
			file, _ := lang.Parse("x.flow", src)
			_, faults := file.Plan(nil, reg)
			for _, d := range faults {
				unread := d.Message == "nobody reads "+string(kind)+".name"
				otherType := strings.HasPrefix(d.Message, "op.before gives sample, but")
				if !unread && !otherType {
					t.Errorf("%s: %v\n%s", s.Title(), d, src)
				}
			}
		}
	}
}
