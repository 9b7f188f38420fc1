package lang_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

// A flow that is no file is looked up among those that come with the program:
// by its base name, for a step of another, for what a component runs.
func TestFlowsThatComeWithTheProgram(t *testing.T) {
	reg := langtest.Components().Registry
	reg.Flows = fstest.MapFS{
		"print.flow": {Data: []byte(printFlow)},
		"twice.flow": {Data: []byte("step \"a\" {\n  flow = \"print.flow\"\n  set = { to = \"x\" }\n}\nstep \"b\" { flow = \"print.flow\" }\n")},
	}
	loaded := ""
	reg.Register(&component.Spec{
		Kind: flow.KindSink, Name: "runner", Doc: "Runs a flow.", In: component.Takes(langtest.SampleType),
		Fields: []component.Field{{Name: "flow", Type: component.FlowFile, Doc: "the flow"}},
		Build: func(n *component.Node) (component.Output, error) {
			loaded = n.Args.String("flow")
			_, err := n.Load(loaded, nil)
			return nil, err
		},
	})
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	foldertest.Fill(t, dir, map[string]string{
		"mine.flow":   `step "s" { flow = "print.flow" }`,
		"runner.flow": "source \"list\" \"l\" { names = [] }\nop \"decode\" \"d\" { in = source.l }\nsink \"runner\" \"r\" {\n  in = op.d\n  flow = \"configs/print.flow\"\n}\n",
	})
	for _, c := range []struct {
		path  string
		steps []string
		stood []string
	}{
		{at("mine.flow"), []string{"hpaflow:print.flow"}, []string{at("print.flow")}},
		{at("twice.flow"), []string{"hpaflow:print.flow", "hpaflow:print.flow"}, []string{at("twice.flow")}},
		{"hpaflow:twice.flow", []string{"hpaflow:print.flow", "hpaflow:print.flow"}, nil},
		{at("print.flow"), nil, []string{at("print.flow")}},
		{at("runner.flow"), nil, []string{"configs/print.flow"}},
	} {
		plan, faults := lang.Load(c.path, nil, reg)
		if faults != nil {
			t.Errorf("%s: %v", c.path, faults)
			continue
		}
		var steps []string
		for _, s := range plan.Steps {
			steps = append(steps, s.File)
		}
		if !slices.Equal(steps, c.steps) || !slices.Equal(plan.StoodIn, c.stood) || strings.ContainsAny(plan.Name, ":.") {
			t.Errorf("%s: %s, steps %q, stood in %q", c.path, plan.Name, steps, plan.StoodIn)
		}
		if steps == nil {
			if err := plan.Build(flow.New(flow.Options{})); err != nil {
				t.Errorf("%s: %v", c.path, err)
			}
		}
	}
	if loaded != "hpaflow:print.flow" {
		t.Errorf("the component was told of %q", loaded)
	}

	// A file goes before the flow of its name.
	foldertest.Fill(t, dir, map[string]string{"print.flow": printFlow})
	if plan, faults := lang.Load(at("mine.flow"), nil, reg); faults != nil || plan.Steps[0].File != at("print.flow") || plan.StoodIn != nil {
		t.Errorf("%v, %v", plan, faults)
	}
	for path, want := range map[string]string{
		at("prnt.flow"):      "no such file or directory; did you mean print.flow, which comes with the program?",
		"hpaflow:../x.flow":  "hpaflow:../x.flow: no such flow comes with the program",
		"hpaflow:tvice.flow": `no such flow comes with the program; did you mean "twice.flow"?`,
		"-":                  "-: no such file or directory; a flow is a file; /dev/stdin is standard input",
	} {
		if _, faults := lang.Load(path, nil, reg); !strings.Contains(faults.Error(), want) {
			t.Errorf("%s: %v, want %s", path, faults, want)
		}
	}
}

// What outputs need is found before a run: folders above them, files that are
// no folders, a place that no other sink has.
func TestLoadLooksAtOutputs(t *testing.T) {
	reg := langtest.Components().Registry
	dir := t.TempDir()
	t.Chdir(dir)
	foldertest.Fill(t, dir, map[string]string{"file": "", "folder/x": ""})
	if err := errors.Join(os.Symlink("gone/deeper", "dangling"), os.Symlink("folder", "link")); err != nil {
		t.Fatal(err)
	}
	const around = "source \"list\" \"l\" { names = [] }\nop \"decode\" \"d\" { in = source.l }\n"
	prints := func(name, to string) string {
		return "sink \"print\" \"" + name + "\" {\n  in = op.d\n  to = \"" + to + "\"\n}\n"
	}
	for src, want := range map[string]string{
		prints("a", "folder"):                                    `to: "folder" is a folder, not a file`,
		prints("a", "file/x/y"):                                  `to: "file/x/y" cannot be made: "file" is a file, not a folder`,
		prints("a", "dangling/x"):                                `to: "dangling/x" cannot be made: "dangling" is a link to "gone/deeper", which does not exist`,
		prints("a", "/dev/null/x"):                               `to: "/dev/null/x" cannot be made: "/dev/null" is a file, not a folder`,
		prints("a", "x\\n"+strings.Repeat("y", 300)):             "file name too long",
		prints("a", "x") + prints("b", "./x"):                    `to: sink print "a" of line 3 writes there too`,
		prints("a", "link/new") + prints("b", "folder/y/../new"): `writes there too`,
		prints("a", "/dev/null") + prints("b", "/dev/null"):      "",
		prints("a", "new/x") + prints("b", "new/y"):              "",
		prints("a", "dangling"):                                  "",
	} {
		foldertest.Fill(t, dir, map[string]string{"job.flow": around + src})
		_, faults := lang.Load("job.flow", nil, reg)
		if got := faults.Error(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s%s\nwant %s", src, got, want)
		}
	}
	if left, _ := filepath.Glob("*"); len(left) != 5 {
		t.Errorf("looking has left %q", left)
	}
}

// The folders that the first step reads must be there; those of the others may
// come of it.
func TestFirstStepIsCheckedAsRun(t *testing.T) {
	dir := t.TempDir()
	read := "variable \"table\" { default = \"gone.csv\" }\nsource \"list\" \"l\" { table = var.table }\nop \"decode\" \"d\" { in = source.l }\nsink \"print\" \"p\" {\n  in = op.d\n  to = \"x\"\n}\n"
	foldertest.Fill(t, dir, map[string]string{
		"read.flow": read, "print.flow": printFlow,
		"inner.flow":  `step "a" { flow = "read.flow" }`,
		"first.flow":  "step \"a\" { flow = \"inner.flow\" }\n",
		"second.flow": "step \"a\" { flow = \"print.flow\" }\nstep \"b\" { flow = \"inner.flow\" }\n",
	})
	reg := langtest.Components().Registry
	if _, faults := lang.Load(filepath.Join(dir, "first.flow"), nil, reg); !strings.Contains(faults.Error(), `file "gone.csv" does not exist`) {
		t.Errorf("first: %v", faults)
	}
	if _, faults := lang.Load(filepath.Join(dir, "second.flow"), nil, reg); faults != nil {
		t.Errorf("second: %v", faults)
	}
}
