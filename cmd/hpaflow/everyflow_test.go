package main

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"hpaflow/configs"
)

// Every flow that comes with the program is found from any folder: drawn,
// checked, and refused where its inputs are not there, by check and run with
// the same words and before a trace of it is left.
func TestEveryFlowAnywhere(t *testing.T) {
	names, err := fs.Glob(configs.Files, "*.flow")
	if err != nil || len(names) < 10 {
		t.Fatalf("flows %q, %v", names, err)
	}
	needs := map[string][]string{ // what must be set
		"rgby.flow": {"input=gone", "output=out"}, "rgby-shards.flow": {"input=gone", "output=out"}, "network.flow": {"name=x", "model=resnet18", "size=32", "batch=2", "epochs=10"},
		"train.flow": {"images=gone", "table=gone.csv", "out=out"}, "infer.flow": {"images=gone", "table=gone.csv", "weights=gone", "out=out.csv"},
		"swa.flow": {"images=gone", "table=gone.csv", "run=gone"}, "score.flow": {"truth=gone.csv"}, "cell-submit.flow": {"test=gone.csv"}, "hpa-table.flow": {"xml=gone.xml"}, "hpa.flow": {"xml=gone.xml"}, "webdataset.flow": {"tars=gone.tar"}, "submit.flow": {"test_val=gone.csv", "test=gone.csv", "out=out"},
	}
	complete := []string{"cells.flow", "demo.flow"} // need nothing
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var sets []string
			for _, set := range needs[name] {
				sets = append(sets, "--set", set)
			}
			if out, errs, code := hpaflow(append([]string{"graph", name}, sets...)...); code != exitDone || !strings.HasPrefix(out, "digraph") {
				t.Errorf("graph: %d, %s", code, errs)
			}
			out, errs, code := hpaflow(append([]string{"check", name}, sets...)...)
			if slices.Contains(complete, name) {
				if code != exitDone || !strings.Contains(out, name+": ok") {
					t.Errorf("check: %d, %s", code, errs)
				}
			} else {
				if code != exitUsage || out != "" || !strings.Contains(errs, "hpaflow:") {
					t.Errorf("check: %d, %s%s", code, out, errs)
				}
				_, said, code := hpaflow(append([]string{"run", name}, sets...)...)
				fault := errs[strings.LastIndex(errs, "hpaflow:"):] // the last one, without what the flow is
				if code != exitUsage || !strings.Contains(said, fault) {
					t.Errorf("run: %d, %s\nwhere check says\n%s", code, said, errs)
				}
			}
			for _, set := range []string{"nonsense=1", "nonsense"} {
				if _, errs, code := hpaflow("run", name, "--set", set); code != exitUsage || !strings.Contains(errs, "nonsense") {
					t.Errorf("--set %s: %d, %s", set, code, errs)
				}
			}
			if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
				t.Errorf("a trace was left: %v, %v", left, err)
			}
		})
	}
}
