package units_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/atomicfile"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
)

// The flow of these tests: the files of a folder, each in capitals, into another
// folder, and a list of their names. A file that says "bad" is a bad record.
const shout = `
run {
  on_error = "skip"
  unit     = 3
}
source "words" "words" {
  dir = "in"
}
op "capitals" "capitals" {
  in   = source.words
  ends = "!"
}
sink "save" "saved" {
  in  = op.capitals
  dir = "out"
}
sink "letters" "letters" {
  in   = run.dead_letters
  file = "out/letters"
}
`

var word = component.TypeOf[string]("word")

// bench is a registry for the flow, and what its parts have seen.
type bench struct {
	machine string // that works
	component.Registry
	t       *testing.T
	listed  int
	between func(unit int) // is called before a unit is published
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t}
	t.Chdir(t.TempDir())
	for i := range 10 {
		b.put(fmt.Sprintf("in/%02d", i), fmt.Sprintf("word %d", i))
	}
	b.Register(
		&component.Spec{
			Kind: flow.KindSource, Name: "words", Doc: "The texts of files.", Out: word,
			Fields: []component.Field{{Name: "dir", Type: component.InputDir, Doc: "the folder"}},
			Build:  b.words,
		},
		&component.Spec{
			Kind: flow.KindOp, Name: "capitals", Doc: "In capitals.", In: component.Takes(word), Out: word, Parallel: true,
			Computes: func(component.Args) (string, error) { return b.machine, nil },
			Fields:   []component.Field{{Name: "ends", Type: component.String, Doc: "what each ends in"}},
			Build: func(n *component.Node) (component.Output, error) {
				return flow.Map(component.In[string](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[string]) (string, error) {
					if strings.HasPrefix(r.Value, "bad") {
						return "", errors.New("is bad")
					}
					return strings.ToUpper(r.Value) + n.Args.String("ends"), nil
				}), nil
			},
		},
		&component.Spec{
			Kind: flow.KindSink, Name: "save", Doc: "Files.", In: component.Takes(word),
			Fields: []component.Field{{Name: "dir", Type: component.OutputDir, Doc: "the folder"}},
			ByUnit: &component.ByUnit{
				Home:    func(a component.Args) (string, bool) { return a.String("dir"), true },
				Private: func(_ component.Args, dir string) component.Args { return component.Args{"dir": dir} },
				Publish: func(_ component.Args, dir string, unit int) (map[string]component.Published, error) {
					if b.between != nil {
						b.between(unit)
					}
					entries, err := os.ReadDir(dir)
					names := map[string]component.Published{}
					for _, e := range entries {
						if e.Name() != "kept" {
							names[e.Name()] = component.Published{Name: e.Name()}
						}
					}
					return names, err
				},
				Join: func(n *component.Node, j *component.Joined) error {
					var text strings.Builder
					for unit, dir := range j.Parts {
						b, err := os.ReadFile(filepath.Join(dir, "kept"))
						if err != nil {
							return err
						}
						fmt.Fprintf(&text, "%d: %s\n", unit, b)
					}
					return os.WriteFile(filepath.Join(n.Args.String("dir"), "list"), []byte(text.String()), 0o600)
				},
			},
			Build: func(n *component.Node) (component.Output, error) {
				dir := n.Args.String("dir")
				var keys []string
				flow.To(component.In[string](n, "in"), n.Stage(), flow.SinkFunc[string](func(_ context.Context, r flow.Record[string]) error {
					keys = append(keys, r.Key)
					return errors.Join(os.WriteFile(filepath.Join(dir, r.Key), []byte(r.Value), 0o600),
						os.WriteFile(filepath.Join(dir, "kept"), []byte(strings.Join(keys, " ")), 0o600))
				}))
				return nil, nil
			},
		},
		&component.Spec{
			Kind: flow.KindSink, Name: "letters", Doc: "Letters.", In: component.Takes(component.DeadLetters),
			Fields: []component.Field{{Name: "file", Type: component.OutputFile, Doc: "the file"}},
			ByUnit: &component.ByUnit{
				Home: func(a component.Args) (string, bool) { return a.String("file"), false },
				Join: func(n *component.Node, j *component.Joined) error {
					var text strings.Builder
					for _, l := range j.Letters {
						fmt.Fprintf(&text, "%d %s: %s\n", l.Seq, l.Key, l.Cause)
					}
					return os.WriteFile(n.Args.String("file"), []byte(text.String()), 0o600)
				},
			},
			Build: func(*component.Node) (component.Output, error) { panic("units have no sink of letters") },
		},
	)
	return b
}

func (b *bench) put(name, text string) {
	b.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		b.t.Fatal(err)
	}
}

// words is a source that can be cut.
func (b *bench) words(n *component.Node) (component.Output, error) {
	dir := n.Args.String("dir")
	first, taken := int64(0), []string(nil)
	n.Graph.OnCut(n.Name, &flow.Cut{
		Names: func(context.Context) ([]string, error) {
			b.listed++
			var names []string
			entries, err := os.ReadDir(dir)
			for _, e := range entries {
				names = append(names, e.Name())
			}
			return names, err
		},
		Take: func(at int64, names []string) { first, taken = at, names },
	})
	return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[string]) error {
		out.At(first)
		for _, name := range taken {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil {
				err = out.Emit(name, string(text))
			} else {
				err = out.Fail(name, err)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// open is a worker's flow, with the plan.
func (b *bench) open(text, machine string, grow bool) (*units.Flow, error) {
	b.t.Helper()
	b.put("shout.flow", text)
	plan, faults := lang.Load("shout.flow", nil, &b.Registry)
	if len(faults) > 0 {
		b.t.Fatal(faults)
	}
	b.machine = machine
	f, err := units.Of(plan, plan.Options(), "test")
	if err != nil {
		b.t.Fatal(err)
	}
	return f, f.Open(b.t.Context(), grow)
}

func (b *bench) mustOpen() *units.Flow {
	b.t.Helper()
	f, err := b.open(shout, "abacus", true)
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

func unwatched(*flow.Graph) func(flow.Stats, error) { return func(flow.Stats, error) {} }

func (b *bench) do(f *units.Flow, list ...int) {
	b.t.Helper()
	for _, unit := range list {
		if _, err := f.Run(b.t.Context(), unit, unwatched); err != nil {
			b.t.Fatalf("unit %d: %v", unit, err)
		}
	}
}

// out is what people see.
func (b *bench) out() map[string]string {
	b.t.Helper()
	return foldertest.Results(b.t, "out")
}

func (b *bench) finish(f *units.Flow) {
	b.t.Helper()
	if _, err := f.Finish(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// As many records as a flow bears may fail in a unit, and no more in all of them:
// finish joins nothing then, and does when they are repaired or more are borne.
func TestMostErrorsOfAllUnits(t *testing.T) {
	b := newBench(t)
	b.put("in/01", "bad")
	b.put("in/05", "bad")
	limited := func(most int) *units.Flow {
		f, err := b.open(strings.Replace(shout, "unit     = 3", fmt.Sprintf("unit = 3\n  max_errors = %d", most), 1), "abacus", true)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := limited(1)
	b.do(f, 0, 1, 2, 3)
	if _, err := f.Finish(t.Context()); err == nil || !strings.Contains(err.Error(), "more than max_errors = 1 records have failed: 2 in all units") {
		t.Errorf("finish: %v", err)
	}
	if b.out()["list"] != "" {
		t.Error("units have been joined")
	}
	b.finish(limited(2))
	b.put("in/05", "mended")
	if _, err := limited(1).RunAll(t.Context(), units.Whole{Retry: true, Watch: unwatched, Note: func(string) {}}); err != nil {
		t.Errorf("with one repaired: %v", err)
	}
}

// What fails leaves its unit smaller; sets grow behind, and what was mended is
// taken up once more.
func TestGrowAndMend(t *testing.T) {
	b := newBench(t)
	b.put("in/04", "bad")
	f := b.mustOpen()
	if f.Units() != 4 {
		t.Fatalf("%d units", f.Units())
	}
	b.do(f, 3, 0, 1)
	var missing *units.MissingError
	if _, err := f.Finish(t.Context()); !errors.As(err, &missing) || !slices.Equal(missing.Missing, []int{2}) {
		t.Fatalf("finish with a unit missing: %v", err)
	}
	b.do(f, 2, 2, 0)
	b.finish(f)
	before := b.out()
	if before["list"] != "0: 00 01 02\n1: 03 05\n2: 06 07 08\n3: 09\n" || before["letters"] != "4 04: is bad\n" || before["05"] != "WORD 5!" || before["04"] != "" {
		t.Errorf("%q", before)
	}
	id := f.ID()

	b.put("in/001", "early") // it would come second
	b.put("in/04", "mended")
	b.put("in/99", "late")
	listed := b.listed
	if f, err := b.open(shout, "abacus", false); err != nil || f.Units() != 4 || b.listed != listed {
		t.Errorf("a plan that is not to grow: %d units, %v", f.Units(), err)
	}
	f = b.mustOpen()
	if f.Units() != 5 || f.ID() != id {
		t.Fatalf("%d units of %s, which was %s", f.Units(), f.ID(), id)
	}
	done, err := f.RunAll(t.Context(), units.Whole{Retry: true, Watch: unwatched, Note: func(string) {}})
	if err != nil || len(done.Letters) > 0 || done.Units != 6 || done.Records != 12 {
		t.Fatalf("%+v, %v", done, err)
	}
	after := b.out()
	if after["list"] != "0: 00 01 02\n1: 03 05\n2: 06 07 08\n3: 09\n4: 001 99\n5: 04\n" || after["letters"] != "" || after["04"] != "MENDED!" {
		t.Errorf("%q", after)
	}
	entries, err := os.ReadDir("out/.run/units")
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "work-") {
			t.Errorf("left: %s, %v", e.Name(), err)
		}
	}
}

// A folder with another plan is refused by what differs, and so is a machine of
// another kind, by the unit.
func TestOtherPlans(t *testing.T) {
	b := newBench(t)
	b.do(b.mustOpen(), 0)
	for _, c := range []struct{ from, to, want string }{
		{"unit     = 3", "unit     = 5", "a unit has 5 records, had 3"},
		{`ends = "!"`, `ends = "?"`, "capitals.ends is ?, was !"},
		{`on_error = "skip"`, `on_error = "fail"`, "run.on_error is the default, was skip"},
	} {
		_, err := b.open(strings.Replace(shout, c.from, c.to, 1), "abacus", true)
		var other *units.OtherPlanError
		if !errors.As(err, &other) || fmt.Sprint(other.Differences) != "["+c.want+"]" {
			t.Errorf("%s: %v, want %s", c.to, err, c.want)
		}
	}
	f, err := b.open(shout, "slide rule", true)
	if err != nil {
		t.Fatal(err)
	}
	var machine *units.OtherMachineError
	if _, err := f.Run(t.Context(), 2, unwatched); !errors.As(err, &machine) || !strings.Contains(err.Error(), "unit 2 is refused: the plan is for abacus") {
		t.Errorf("another machine: %v", err)
	}
}

// A file that is there with other bytes is not replaced, and ends the unit.
func TestOtherBytes(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	b.put("out/01", "mine")
	b.put("out/02", "WORD 2!") // as good
	var other *atomicfile.OtherError
	if _, err := f.Run(t.Context(), 0, unwatched); !errors.As(err, &other) || other.Path != "out/01" {
		t.Fatalf("%v", err)
	}
	if got := b.out()["01"]; got != "mine" {
		t.Errorf("it was replaced by %q", got)
	}
	if err := os.Remove("out/01"); err != nil {
		t.Fatal(err)
	}
	b.do(f, 0)
	if got := b.out(); got["01"] != "WORD 1!" || got["00"] != "WORD 0!" {
		t.Errorf("%q", got)
	}
}

// Of two workers of one unit who come to different outcomes, the first stands:
// what the other one alone has published is taken back.
func TestOtherOutcome(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	first := true
	b.between = func(int) {
		if !first {
			return
		}
		first = false
		b.put("in/01", "bad") // the other worker finds it so
		b.do(b.mustOpen(), 0)
	}
	_, err := f.Run(t.Context(), 0, unwatched)
	if err == nil || !strings.Contains(err.Error(), "with another outcome, which stands") {
		t.Fatalf("%v", err)
	}
	b.do(f, 0, 1, 2, 3)
	b.finish(f)
	if got := b.out(); got["01"] != "" || got["00"] != "WORD 0!" || got["letters"] != "1 01: is bad\n" || !strings.HasPrefix(got["list"], "0: 00 02\n") {
		t.Errorf("%q", got)
	}
}

// What is damaged in a plan's folder is named, and counts for nothing.
func TestDamage(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	b.do(f, 0)
	names, err := filepath.Glob("out/.run/units/names-*.gz")
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	for _, c := range []struct{ file, says string }{
		{"out/.run/units/plan-0.json", "plan-0.json: "},
		{names[0], "names-"},
		{"out/.run/units/done/00000.json", "remove it, and the unit counts as not done"},
	} {
		was, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		b.put(c.file, string(was[:len(was)/2]))
		f, err := b.open(shout, "abacus", true)
		if err == nil {
			_, err = f.Run(t.Context(), 0, unwatched)
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("half of %s: %v", c.file, err)
		}
		b.put(c.file, string(was))
	}
}

// A run that wants the result for itself keeps workers out, and they it.
func TestLocks(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	unlock, err := f.Share()
	if err != nil {
		t.Fatal(err)
	}
	if other, err := f.Share(); err != nil {
		t.Errorf("a second worker: %v", err)
	} else if err := other(); err != nil {
		t.Error(err)
	}
	if _, err := atomicfile.Lock("out"); err == nil {
		t.Error("a run got a folder that workers share")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	whole, err := atomicfile.Lock("out")
	if err != nil {
		t.Fatal(err)
	}
	defer whole()
	if _, err := f.Share(); err == nil || !strings.Contains(err.Error(), "another run is writing to out") {
		t.Errorf("a worker beside a run: %v", err)
	}
}

// A run by another plan waits until those who work by the one that is there have gone:
// it is told so, not that the folder will never do. Then it makes all anew.
func TestOtherPlanAtWork(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	b.do(f, 0)
	unlock, err := f.Share()
	if err != nil {
		t.Fatal(err)
	}
	other, _ := b.open(strings.Replace(shout, `ends = "!"`, `ends = "?"`, 1), "abacus", true)
	whole := units.Whole{Watch: unwatched, Note: func(string) {}}
	if _, err := other.RunAll(t.Context(), whole); err == nil || !strings.Contains(err.Error(), "another run is writing to out") {
		t.Errorf("beside workers by another plan: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.RunAll(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	if got := b.out()["00"]; got != "WORD 0?" {
		t.Errorf("00 holds %q", got)
	}
}

// Why a flow cannot be cut is said, all of it.
func TestNotCut(t *testing.T) {
	b := newBench(t)
	b.Register(&component.Spec{
		Kind: flow.KindOp, Name: "sort", Doc: "Sorted.", In: component.Takes(word), Out: word,
		Build: func(n *component.Node) (component.Output, error) { panic("it is not built") },
	}, &component.Spec{
		Kind: flow.KindSink, Name: "print", Doc: "Printed.", In: component.Takes(word),
		Build: func(n *component.Node) (component.Output, error) { panic("it is not built") },
	})
	b.put("other.flow", strings.NewReplacer("  unit     = 3\n", "", `op "capitals"`, `op "sort"`, `  ends = "!"`, "", `sink "save"`, `sink "print"`, `  dir = "out"`, "").Replace(shout))
	plan, faults := lang.Load("other.flow", nil, &b.Registry)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	_, err := units.Of(plan, plan.Options(), "")
	var not *units.NotCutError
	if !errors.As(err, &not) || not.NoUnit || len(not.Reasons) != 4 {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"gives no unit", `op "sort" "capitals" does not work record by record`, `sink "print" "saved" does not publish by unit`, "no sink of it"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// A run that was killed while it took a unit back has left the record aside and
// some files: workers leave the unit alone, and the next run goes on.
func TestUndoGoesOn(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	b.do(f, 0, 1, 2, 3)
	b.finish(f)
	want := b.out()
	const aside = "out/.run/units/undo/00001.json"
	if err := errors.Join(os.Mkdir(filepath.Dir(aside), 0o755), os.Rename("out/.run/units/done/00001.json", aside), os.Remove("out/03")); err != nil {
		t.Fatal(err)
	}
	b.put("out/04", "of before")
	if _, err := f.Run(t.Context(), 1, unwatched); err == nil || !strings.Contains(err.Error(), "unit 1 was being taken back") {
		t.Errorf("a worker: %v", err)
	}
	f = b.mustOpen()
	if _, err := f.RunAll(t.Context(), units.Whole{Watch: unwatched, Note: func(string) {}}); err != nil {
		t.Fatal(err)
	}
	if got := b.out(); !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := os.Stat(aside); err == nil {
		t.Error("the record still stands aside")
	}
}

// A worker that published a file and never recorded it leaves nothing beside a
// dead letter, when the record fails as the unit is done again; and what the
// record names stays.
func TestPublishedButNotRecorded(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	const done = "out/.run/units/done"
	if _, err := f.Run(t.Context(), 1, func(*flow.Graph) func(flow.Stats, error) {
		return func(flow.Stats, error) { b.put(done, "in the way of the record") }
	}); err == nil {
		t.Fatal("a record was written below a file")
	}
	if err := os.Remove(done); err != nil {
		t.Fatal(err)
	}
	if left := b.out(); left["03"] != "WORD 3!" || left["04"] != "WORD 4!" {
		t.Fatalf("what was published is not there: %q", left)
	}
	b.put("in/04", "bad")
	did, err := f.Do(t.Context(), 1, false, unwatched)
	if err != nil || did.Records != 3 || did.Failed != 1 || did.Met != 2 {
		t.Fatalf("%+v, %v", did, err)
	}
	b.do(f, 0, 2, 3)
	b.finish(f)
	out := b.out()
	if _, there := out["04"]; there || out["03"] != "WORD 3!" || out["letters"] != "4 04: is bad\n" {
		t.Errorf("%q", out)
	}
	if left, _ := filepath.Glob("out/.run/units/work-*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A record at which two workers died alone is not touched any more, and becomes
// a dead letter in its place; one death, and a worker that lives or has ended in
// order, are nobody's fault.
func TestBlame(t *testing.T) {
	b := newBench(t)
	f := b.mustOpen()
	const folder = "out/.run/units/"
	journal := ""
	at := func(worker string, record int) {
		journal += fmt.Sprintf("{\"worker\":%q,\"record\":%d,\"says\":\"begun\"}\n", worker, record)
		b.put(folder+"journal/00001.jsonl", journal)
	}
	dead := func(worker string) { b.put(folder+worker+"/x", "") }
	blame := func(want int) {
		t.Helper()
		if n, err := f.Blame(1); n != want || err != nil {
			t.Fatalf("blamed %d, want %d; %v", n, want, err)
		}
	}
	blame(0)
	at("work-ended", 5)
	at("work-killed-1", 3)
	dead("work-killed-1")
	at("work-alive", 3)
	dead("work-alive")
	unlock, err := atomicfile.Share(folder + "work-alive")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	blame(0)
	at("work-killed-2", 3)
	dead("work-killed-2")
	journal += `{"worker":"work-ki` // killed while it wrote
	at("work-ended", 5)
	blame(1)
	blame(0)
	graphs := 0
	did, err := f.Do(t.Context(), 1, false, func(*flow.Graph) func(flow.Stats, error) {
		graphs++
		return func(flow.Stats, error) {}
	})
	if err != nil || did.Failed != 1 || graphs != 3 { // two by themselves, then all
		t.Fatalf("%+v, %d graphs, %v", did, graphs, err)
	}
	b.do(f, 0, 2, 3)
	b.finish(f)
	out := b.out()
	if out["list"] != "0: 00 01 02\n1: 04 05\n2: 06 07 08\n3: 09\n" || out["letters"] != "3 03: has killed 2 workers that were at nothing else\n" || out["05"] != "WORD 5!" {
		t.Errorf("%q", out)
	}
	if left, _ := filepath.Glob(folder + "journal/*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A file that two units name, as when the second has brought the rest of a sample, stays
// while one of them is done.
func TestSharedFilesStay(t *testing.T) {
	b := newBench(t)
	run := func() {
		t.Helper()
		f, err := b.open(shout, "abacus", true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.RunAll(t.Context(), units.Whole{Watch: unwatched, Note: func(string) {}}); err != nil {
			t.Fatal(err)
		}
	}
	run()
	want := b.out()
	name := func(unit int) string { return fmt.Sprintf("out/.run/units/done/%05d.json", unit) }
	var records [2]units.Record
	for unit := range records {
		text, err := os.ReadFile(name(unit))
		if err = errors.Join(err, json.Unmarshal(text, &records[unit])); err != nil {
			t.Fatal(err)
		}
	}
	shared := records[0].Files[0]
	records[1].Files = append(records[1].Files, shared)
	text, err := json.Marshal(records[1])
	if err = errors.Join(err, os.WriteFile(name(1), text, 0o600)); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(filepath.Join("out", shared.Name))
	if err = errors.Join(err, os.Remove(filepath.Join("out", records[1].Files[0].Name))); err != nil {
		t.Fatal(err)
	}
	run()
	after, err := os.Stat(filepath.Join("out", shared.Name))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file that unit 0 names, too, has gone: %v", err)
	}
	if got := b.out(); !maps.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
}
