package lang_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

func TestBuildRuns(t *testing.T) {
	m := langtest.Components()
	plan := langtest.Planned(t, m, langtest.Runnable, "to=x=y")
	if got := plan.Options(); got.Name != "job" || got.OnError != flow.OnErrorSkip || got.Seed != 1234 {
		t.Errorf("options are %+v", got)
	}
	g := flow.New(plan.Options())
	if err := plan.Build(g); err != nil {
		t.Fatal(err)
	}
	if err := g.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "b", "out prints to x=y", "planes: bad: not an image"}
	if diff := cmp.Diff(want, m.Noted()); diff != "" {
		t.Errorf("the sinks were given (-want +got):\n%s", diff)
	}
}

func TestBuildErrorNamesTheBlock(t *testing.T) {
	m := langtest.Components()
	plan := langtest.Planned(t, m, `
source "list" "names" {
}
op "decode" "planes" {
  in = source.names
}
op "batch" "batch" {
  in   = op.planes
  size = 1
}
op "train" "step" {
  in    = op.batch
  model = "huge"
}
sink "scores" "out" {
  in  = op.step
  dir = "x"
}
`)
	err := plan.Build(flow.New(plan.Options()))
	const want = `folder/job.flow:11: op "train" "step": model "huge" cannot be built`
	if err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestBuildRefusesAnOutputThatIsNotTheSpecs(t *testing.T) {
	for want, build := range map[string]func(*component.Node) (component.Output, error){
		"has built no output": func(*component.Node) (component.Output, error) { return nil, nil },
		"output of int":       func(*component.Node) (component.Output, error) { return flow.Out[int]{}, nil },
	} {
		m := langtest.Components()
		m.Registry.Register(&component.Spec{Kind: flow.KindSource, Name: "liar", Doc: "Lie.", Out: langtest.SampleType, Build: build})
		plan := langtest.Planned(t, m, "source \"liar\" \"s\" {\n}\nsink \"print\" \"out\" {\n  in = source.s\n}\n")
		err := plan.Build(flow.New(plan.Options()))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestLoadLooksForFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "job.flow")
	src := strings.Replace(langtest.Runnable, "source \"list\" \"names\" {\n",
		"variable \"table\" {\n  default = \"\"\n}\nsource \"list\" \"names\" {\n  table = var.table\n", 1)
	if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	reg := langtest.Components().Registry
	if _, faults := lang.Load(path, nil, reg); faults != nil {
		t.Errorf("without a table: %v", faults)
	}
	if _, faults := lang.Load(path, []string{"table=" + path}, reg); faults != nil {
		t.Errorf("with a table: %v", faults)
	}
	gone := filepath.Join(dir, "gone.csv")
	_, faults := lang.Load(path, []string{"table=" + gone}, reg)
	want := path + `:28:11: table: file "` + gone + `" does not exist; var.table is "` + gone + `" (--set table=` + gone + `)`
	if len(faults) != 1 || faults[0].String() != want {
		t.Errorf("faults\n%v\nwant\n%s", faults, want)
	}
	if _, faults = lang.Load(gone, nil, reg); len(faults) != 1 || faults.Error() != gone+": no such file or directory" {
		t.Errorf("a file that is not there: %v", faults)
	}
}

func TestRenderInColour(t *testing.T) {
	f, _ := lang.Parse("x.flow", []byte("size = 3\n"))
	_, faults := f.Plan(nil, langtest.Components().Registry)
	var b strings.Builder
	if err := faults.Render(&b, true); err != nil {
		t.Fatal(err)
	}
	const want = "\x1b[1mx.flow:1:1:\x1b[0m \"size\" stands outside of any block; a file is made of blocks\n" +
		"  1 | size = 3\n    | \x1b[1;31m^^^^\x1b[0m\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
