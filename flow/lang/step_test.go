package lang_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/flow"
	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

const jobOfSteps = `
variable "names" {
  type    = "list(string)"
  default = ["a", "b"]
}

variable "rounds" {
  default = 2
}

step "first" {
  flow = "print.flow"
  set = {
    to    = "x"
    names = concat(var.names, ["c"])
    wait  = var.rounds * 0.25
    loud  = var.rounds > 1
  }
}

step "left_out" {
  when = var.rounds > 5
  flow = "missing.flow"
}

step "second" {
  flow = "deeper/steps.flow"
}
`

const printFlow = `
variable "names" { default = ["a"] }
variable "to"    { default = "-" }
variable "wait"  { default = 1.0 }
variable "loud"  { default = false }
source "list" "names" {
  names = var.loud ? var.names : []
  split = var.wait == 0.5 ? "train" : "val"
}
op "decode" "planes" { in = source.names }
sink "print" "out" {
  in = op.planes
  to = var.to
}
`

func TestSteps(t *testing.T) {
	dir := t.TempDir()
	foldertest.Fill(t, dir, map[string]string{
		"job.flow": jobOfSteps, "print.flow": printFlow,
		"deeper/steps.flow": `step "only" { flow = "../print.flow" }`,
	})
	m := langtest.Components()
	plan, faults := lang.Load(filepath.Join(dir, "job.flow"), []string{"names=p, q"}, m.Registry)
	if faults != nil {
		t.Fatal(faults)
	}
	if len(plan.Steps) != 2 || len(plan.Nodes) != 0 {
		t.Fatalf("steps %+v, nodes %+v", plan.Steps, plan.Nodes)
	}
	first := plan.Steps[0]
	want := []string{"loud=true", "names=p,q,c", "to=x", "wait=0.5"}
	if first.Name != "first" || first.File != filepath.Join(dir, "print.flow") || !slices.Equal(first.Sets, want) {
		t.Errorf("step %+v, want sets %q", first, want)
	}
	inner, faults := lang.Load(first.File, first.Sets, m.Registry)
	if faults != nil {
		t.Fatal(faults)
	}
	if got := inner.Nodes[0].Args; !slices.Equal(got.Strings("names"), []string{"p", "q", "c"}) || got.String("split") != "train" {
		t.Errorf("the step's flow has arguments %v", got)
	}
	if err := plan.Build(flow.New(flow.Options{})); err == nil {
		t.Error("steps were built as one graph")
	}
}

// A step with for_each is run once for each value, and resolved it is so many
// steps.
func TestForEach(t *testing.T) {
	dir := t.TempDir()
	foldertest.Fill(t, dir, map[string]string{"print.flow": printFlow, "job.flow": `
variable "folds" { default = [0, 3] }
step "train" {
  for_each = var.folds
  flow     = "print.flow"
  set      = { to = "fold.${each.value}", names = [for k in var.folds : "run_${k}"], wait = each.value + 0.5 }
}
step "named" {
  for_each = ["a-b", "c"]
  when     = each.value != "c"
  flow     = each.value == "a-b" ? "print.flow" : "gone.flow"
}
step "none" {
  for_each = []
  flow     = "print.flow"
  set      = { to = each.value }
}
`})
	reg := langtest.Components().Registry
	shape := func(name string, sets ...string) string {
		t.Helper()
		plan, faults := lang.Load(filepath.Join(dir, name), sets, reg)
		if faults != nil {
			t.Fatal(faults)
		}
		if err := os.WriteFile(filepath.Join(dir, "resolved.flow"), plan.Resolved(), 0o600); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, s := range plan.Steps {
			fmt.Fprintln(&b, s.Name, filepath.Base(s.File), strings.Join(s.Sets, " "))
		}
		return b.String()
	}
	want := "train_0 print.flow names=run_0,run_3 to=fold.0 wait=0.5\n" +
		"train_3 print.flow names=run_0,run_3 to=fold.3 wait=3.5\n" +
		"named_a-b print.flow \n"
	if got := shape("job.flow"); got != want {
		t.Errorf("steps\n%swant\n%s", got, want)
	}
	if got := shape("resolved.flow"); got != want {
		t.Errorf("steps of the resolved flow\n%swant\n%s", got, want)
	}
	if got, want := shape("job.flow", "folds=7"), "train_7 print.flow names=run_7 to=fold.7 wait=7.5\nnamed_a-b print.flow \n"; got != want {
		t.Errorf("steps\n%swant\n%s", got, want)
	}
}

func TestStepFaults(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`step "s" { flow = "print.flow" }` + "\n" + `source "list" "l" {}`, "job.flow:2:1: a file has steps, or sources, ops and sinks, but not both"},
		{`step "s" { flow = "print.flow" }` + "\n" + `run {}`, "job.flow:2:1: a file of steps has no run block"},
		{`step "s" {}`, `job.flow:1:1: step "s" lacks the flow it runs; write flow = "FILE.flow"`},
		{`step "s" { flow = 3 }`, "job.flow:1:19: flow is a file's name, not 3"},
		{`step "s" { flow = "gone.flow" }`, `job.flow:1:1: step "s": gone.flow: no such file or directory`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  sets = {}\n}", `job.flow:3:3: a step has no "sets"; did you mean "set"?`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  set = { nmaes = \"a\" }\n}", `job.flow:1:1: step "s": print.flow: --set nmaes=a: there is no variable "nmaes"; did you mean "names"?`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  set = { to = null }\n}", "job.flow:3:9: to: has no value; leave it out for the default"},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  set = { names = [[\"a\"]] }\n}", `job.flow:3:9: names: [["a"]] is no list of strings or numbers`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  set = {\n    to = \"a\"\n    \"to\" = \"b\"\n  }\n}", `job.flow:5:5: "to" is set twice; the first is on line 4`},
		{`step "s" { flow = "print.flow" }` + "\n" + `step "t" { flow = "print.flow" }`, `job.flow:2:1: step "t": standard output has one user, and step "s" is it; all steps of a run share it`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [1, 2]\n}", `job.flow:1:1: step "s_2": standard output has one user, and step "s_1" is it`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  set = \"to=x\"\n}", `job.flow:3:9: set is not "to=x"; write set = { name = value }`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  when = 1\n}", "job.flow:3:10: `when` is true or false, not 1"},
		{`step "s" { flow = "print.flow" }` + "\n" + `step "s" { flow = "print.flow" }`, `job.flow:2:6: a second step called "s"; the first is on line 1`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = \"a\"\n}", `job.flow:3:14: for_each is a list of strings or whole numbers, not "a"`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [\"a\", true]\n}", `job.flow:3:14: for_each is a list of strings or whole numbers, and true is neither`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [\"a/b\"]\n}", `job.flow:3:14: for_each: "a/b" would make a step called "s_a/b", which cannot be a name; use letters, digits, _ and -`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [1, \"1\"]\n}", `job.flow:3:14: for_each has "1" twice`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [1, 2]\n  set = { to = each.key }\n}", `job.flow:4:16: unknown name each.key; write each.value`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [1, 2]\n  set = { to = var.x }\n}", `job.flow:4:16: unknown variable "x"`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = []\n  set = { to = var.x }\n}", `job.flow:4:16: unknown variable "x"`},
		{`step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [1, 2]\n  set = { nmaes = each.value }\n}", `job.flow:1:1: step "s": print.flow: --set nmaes=1: there is no variable "nmaes"; did you mean "names"?`},
		{`step "s" {` + "\n  flow = each.value\n}", "job.flow:2:10: each.value is the value of a step's for_each, and there is none here; give the step a for_each"},
		{`step "s_1" { flow = "print.flow" }` + "\n" + `step "s" {` + "\n  flow = \"print.flow\"\n  for_each = [1]\n}", `job.flow:2:1: for_each makes a second step called "s_1"`},
		{`step "s" {` + "\n  flow = \"wrong.flow\"\n  for_each = [1, 2]\n}", `wrong.flow:1:8: unknown source "lisst"; did you mean "list"?`},
		{`step "s" { flow = "wrong.flow" }`, `wrong.flow:1:8: unknown source "lisst"; did you mean "list"?`},
		{`step "s" { flow = "job.flow" }`, `job.flow:1:19: step "s": job would run itself`},
		{`step "s" { flow = "other.flow" }`, `other.flow:1:19: step "o": job would run itself`},
	} {
		dir := t.TempDir()
		foldertest.Fill(t, dir, map[string]string{"job.flow": c.src, "print.flow": printFlow, "wrong.flow": `source "lisst" "l" {}`,
			"other.flow": `step "o" { flow = "job.flow" }`})
		_, faults := lang.Load(filepath.Join(dir, "job.flow"), nil, langtest.Components().Registry)
		got := strings.ReplaceAll(faults.Error(), dir+"/", "")
		if !strings.Contains("\n"+got, "\n"+c.want) {
			t.Errorf("%s\n%s\nwant\n%s", c.src, got, c.want)
		}
		lines := strings.Split(got, "\n")
		if slices.Sort(lines); len(slices.Compact(slices.Clone(lines))) != len(lines) {
			t.Errorf("%s\n%s\nhas a fault twice", c.src, got)
		}
	}
}
