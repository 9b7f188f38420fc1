package steps_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
	"hpaflow/flow/units/steps"
)

var word = component.TypeOf[string]("word")

// registry has a source that reads files and a sink that writes one. Nothing of
// it runs: these tests write the files.
func registry() *component.Registry {
	reg := &component.Registry{}
	never := func(*component.Node) (component.Output, error) { return nil, errors.New("is not to be built") }
	reg.Register(
		&component.Spec{Kind: flow.KindSource, Name: "read", Doc: "Files.", Out: word, Build: never, Fields: []component.Field{
			{Name: "files", Type: component.InputFiles, Doc: "files"},
			{Name: "weights", Type: component.String, Default: "", Doc: "a path, or not"},
		}},
		&component.Spec{Kind: flow.KindSink, Name: "write", Doc: "A file.", In: component.Takes(word), Build: never, Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the file"},
		}},
	)
	return reg
}

const one = `
variable "reads" {
  default = [""]
}
variable "weights" {
  default = ""
}
variable "writes" {
}
source "read" "in" {
  files   = var.reads
  weights = var.weights
}
sink "write" "out" {
  in   = source.in
  file = var.writes
}
`

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// graphOf reads a file of steps, each "NAME: READS > WRITES", or "NAME: READS
// weights > WRITES".
func graphOf(t *testing.T, lines ...string) *steps.Graph {
	t.Helper()
	put(t, "one.flow", one)
	text := ""
	for _, line := range lines {
		name, rest, _ := strings.Cut(line, ": ")
		reads, writes, _ := strings.Cut(rest, " > ")
		reads, weights, _ := strings.Cut(reads, " ")
		text += fmt.Sprintf("step %q {\n  flow = \"one.flow\"\n  set = {\n    reads = [%q]\n    weights = %q\n    writes = %q\n  }\n}\n", name, reads, weights, writes)
	}
	put(t, "all.flow", text)
	f, faults := lang.Find("all.flow", registry())
	if faults != nil {
		t.Fatal(faults)
	}
	g, err := steps.Of(f, "all.flow", nil, registry())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func described(g *steps.Graph) (text string) {
	for _, s := range g.Steps {
		text += fmt.Sprintf("%d %s", s.Number, s.Name)
		if len(s.After) > 0 {
			text += " after " + units.Ranges(s.After)
		}
		text += fmt.Sprintf(", level %d\n", s.Level)
	}
	return text
}

// What waits for what follows from what is read and written, a string that is a
// path too; not from a name that begins like another.
func TestWhatWaitsForWhat(t *testing.T) {
	t.Chdir(t.TempDir())
	g := graphOf(t,
		"a: in > out/a",
		"b: out/a > out/b",
		"c: in > out/c",
		"d: in out/c/best#ema > out/d",
		"e: out/b > out/ab",
		"f: ./out/../out/d > out/f",
		"again: in > out/a", // writes over what b reads
		"g: out/a > out/g",
		"h: out/f > out/h",
	)
	const want = `0 a, level 0
1 c, level 0
2 b after 0, level 1
3 d after 1, level 1
4 e after 2, level 2
5 f after 3, level 2
6 again after 2, level 2
7 g after 6, level 3
8 h after 5, level 3
`
	if got := described(g); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := fmt.Sprint(g.Levels()); got != "[[0 1] [2 3] [4 5 6] [7 8]]" {
		t.Errorf("levels %s", got)
	}
}

func missing(t *testing.T, g *steps.Graph) string {
	t.Helper()
	st, err := g.State()
	if err != nil {
		t.Fatal(err)
	}
	return units.Ranges(st.Missing())
}

func note(t *testing.T, g *steps.Graph, unit int) {
	t.Helper()
	if err := g.Note(g.Steps[unit], false, "test"); err != nil {
		t.Fatal(err)
	}
}

// A step is done as long as what it read, wrote and waited for is as it was.
func TestDone(t *testing.T) {
	t.Chdir(t.TempDir())
	g := graphOf(t, "a: in > out/a", "b: out/a > out/b", "c: in2 > out/c", "d: out/b > out/d")
	put(t, "in", "x")
	put(t, "in2", "y")
	run := func(unit int, text string) { // 0 a, 1 c, 2 b, 3 d
		put(t, []string{"out/a", "out/c", "out/b", "out/d"}[unit], text)
		note(t, g, unit)
	}
	if got := missing(t, g); got != "0-3" {
		t.Errorf("at first %s are missing", got)
	}
	run(2, "early") // what it waits for is not done
	if got := missing(t, g); got != "0-3" {
		t.Errorf("after one that was early, %s are missing", got)
	}
	for unit := range 4 {
		run(unit, "first")
	}
	if got := missing(t, g); got != "" {
		t.Errorf("in the end %s are missing", got)
	}
	for unit := range 4 {
		note(t, g, unit) // a run that finds nothing to do
	}
	if got := missing(t, g); got != "" {
		t.Errorf("after a second run %s are missing", got)
	}
	later := time.Now().Add(time.Minute)
	for _, c := range []struct {
		what, missing string
		change        func() error
		again         []int
	}{
		{"an input is another", "0,2-3", func() error { return os.Chtimes("in", later, later) }, []int{0, 2, 3}},
		{"a result is gone", "2-3", func() error { return os.Remove("out/b") }, []int{2, 3}},
		{"a result was written by something else", "1", func() error { return os.WriteFile("out/c", []byte("longer than it was"), 0o600) }, []int{1}},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		if got := missing(t, g); got != c.missing {
			t.Errorf("when %s, %s are missing, want %s", c.what, got, c.missing)
		}
		for _, unit := range c.again {
			run(unit, "again")
		}
		if got := missing(t, g); got != "" {
			t.Errorf("after that %s are missing", got)
		}
	}
	// Another file of steps finds what is its own step too.
	other := graphOf(t, "first: in > out/a", "second: out/a > out/b", "third: in > out/else")
	if got := missing(t, other); got != "1" {
		t.Errorf("of another file, %s are missing:\n%s", got, described(other))
	}
}

// A worker does its share in an order that can be, and says what is in its way.
func TestWork(t *testing.T) {
	t.Chdir(t.TempDir())
	g := graphOf(t, "a: in > out/a", "b: out/a > out/b", "c: in > out/c", "d: out/b > out/d")
	put(t, "in", "x")
	var did []string
	w := steps.Worker{Graph: g, Say: func(string) {}, Run: func(s *steps.Step) error {
		did = append(did, s.Name)
		put(t, "out/"+s.Name, s.Name)
		return g.Note(s, false, "test")
	}}
	w.Choice = units.Choice{K: 2}
	var early *steps.NotYetError
	if _, err := w.Work(t.Context()); !errors.As(err, &early) || !slices.Equal(early.Waits, []int{0}) || !strings.Contains(err.Error(), "unit 2, b, waits for unit 0 (a)") {
		t.Errorf("a unit that is early: %v", err)
	}
	w.Choice = units.Choice{K: 0, N: 1}
	if n, err := w.Work(t.Context()); err != nil || n != 4 || !slices.Equal(did, []string{"a", "c", "b", "d"}) {
		t.Errorf("did %v: %d, %v", did, n, err)
	}
	if n, err := w.Work(t.Context()); err != nil || n != 0 {
		t.Errorf("with nothing to do: %d, %v", n, err)
	}
	// A step that a worker is at is waited for, and not done twice.
	if err := os.Remove("out/c"); err != nil {
		t.Fatal(err)
	}
	release, err := g.Steps[1].Claim(t.Context(), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	waits := 0
	w.Say = func(string) {
		waits++
		put(t, "out/c", "c")
		if err := errors.Join(g.Note(g.Steps[1], false, "test"), release()); err != nil {
			t.Error(err)
		}
	}
	did = nil
	w.Choice = units.Choice{K: 1}
	if _, err := w.Work(t.Context()); err != nil || waits != 1 || len(did) > 0 {
		t.Errorf("a step that another is at: %d waits, did %v, %v", waits, did, err)
	}
}
