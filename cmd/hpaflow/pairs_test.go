package main

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/atomicfile/foldertest"
)

var allPairs = flag.Bool("pairs", false, "whether TestPairs tries every pair, which takes many minutes")

// TestPairs starts pairs of flows that write at once on one output: each run is
// through or is refused in words, and once those that were refused have run too,
// all is there that the two leave one after the other, in either order. One that is
// refused after the other for good may have come late. Without -pairs, flows that
// train take no part, and others only where two are likely to meet.
func TestPairs(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("runs hundreds of flows")
	}
	hpaflow := program(t)
	flows := pairedFlows(t, hpaflow)
	fresh := func(t *testing.T, pair ...killed) string {
		out := t.TempDir()
		for i, c := range pair {
			if c.prepare != nil && (i == 0 || c.shares != pair[0].shares) {
				c.prepare(out)
			}
		}
		return out
	}
	// run gives the code of a run and what it says, once ended is called.
	run := func(t *testing.T, c killed, out string) (ended func() (code int, said string)) {
		var said bytes.Buffer
		cmd := exec.Command(hpaflow, c.args(out)...)
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return func() (int, string) {
			cmd.Wait()
			return cmd.ProcessState.ExitCode(), said.String()
		}
	}
	for i, a := range flows {
		for _, b := range flows[i:] {
			if !*allPairs && (trains(a) || trains(b) || a.shares != b.shares) {
				continue
			}
			t.Run(a.name+" and "+b.name, func(t *testing.T) {
				one := fresh(t, a, b)
				for _, c := range []killed{a, b} {
					if code, said := run(t, c, one)(); code != exitDone {
						t.Skipf("%s cannot have this output after the other: %d\n%s", c.name, code, said)
					}
				}
				// after gives what there is when one has run alone and then the other, and how that one ended.
				after := func(first, second killed) (dir string, code int) {
					dir = fresh(t, first, second)
					if code, said := run(t, first, dir)(); code != exitDone {
						t.Fatalf("%s ended with %d\n%s", first.name, code, said)
					}
					code, _ = run(t, second, dir)()
					return dir, code
				}
				out := fresh(t, a, b)
				first, second := run(t, a, out), run(t, b, out)
				refused := 0
				var again []killed
				for _, c := range []struct {
					killed
					other killed
					ended func() (int, string)
				}{{a, b, first}, {b, a, second}} {
					code, said := c.ended()
					switch {
					case code == exitFailed && strings.Contains(said, "another run is writing to"):
						refused++
						again = append(again, c.killed)
					case code != exitDone:
						if _, late := after(c.other, c.killed); code != exitUsage || late != exitUsage {
							t.Errorf("%s ended with %d\n%s", c.name, code, said)
						}
					}
				}
				if refused == 2 {
					t.Errorf("both were refused")
				}
				for _, c := range again {
					if code, said := run(t, c, out)(); code != exitDone {
						t.Errorf("%s, alone after it was refused, ended with %d\n%s", c.name, code, said)
					}
				}
				want, got := foldertest.Results(t, one), foldertest.Results(t, out)
				if !equalResults(got, want) { // whichever came first; and one may read what the other writes
					var late int
					if one, late = after(b, a); late != exitDone && late != exitUsage {
						t.Fatalf("%s, after the other, ended with %d", a.name, late)
					}
					want = foldertest.Results(t, one)
				}
				if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
					t.Errorf("there are %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
				}
				for name := range want {
					if got[name] != want[name] && !timed(name) {
						t.Errorf("%s differs", name)
					}
				}
				t.Logf("%d refused", refused)
			})
		}
	}
}

// pairedFlows are those of TestKills and the others that write; swa, split and
// leak work on what is there already.
func pairedFlows(t *testing.T, hpaflow string) []killed {
	t.Helper()
	flows, on := killedFlows(t, hpaflow)
	flows = slices.DeleteFunc(flows, func(c killed) bool { return c.unpaired })
	for i := range flows {
		flows[i].shares = "samples"
		if flows[i].prepare != nil {
			flows[i].shares = "data"
		}
	}
	run := func(name string, args ...string) []string {
		return append([]string{"run", "--progress", "none", "../../configs/" + name}, args...)
	}
	once := func(args []string) {
		t.Helper()
		if text, err := exec.Command(hpaflow, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	dir := t.TempDir()
	table, submission := filepath.Join(dir, "p.csv"), filepath.Join(dir, "submission")
	once(append(run("infer.flow", "--set", "weights="+on.trained, "--set", "split=val", "--set", "views=1", "--set", "out="+table), on.training...))
	once(run("submit.flow", "--set", "test_val="+table, "--set", "test="+table, "--set", "out="+submission))
	truth := filepath.Join(dir, "truth.csv")
	var labels strings.Builder
	for id, target := range labelsOf(t, table) {
		fmt.Fprintf(&labels, "%s,%s\n", id, target)
	}
	if err := os.WriteFile(truth, []byte("Id,Target\n"+labels.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	inData := func(out string) { linkFiles(t, on.data, out) }
	inRun := func(out string) {
		if err := os.CopyFS(filepath.Join(out, "run"), os.DirFS(on.trained)); err != nil {
			t.Fatal(err)
		}
	}
	return append(flows,
		killed{name: "cells", shares: "cells", args: func(out string) []string {
			return run("cells.flow", "--set", "data="+filepath.Join(out, "cells"), "--set", "train=12", "--set", "external=4", "--set", "test=4", "--set", "size=32")
		}},
		killed{name: "leak", shares: "data", prepare: inData, args: func(out string) []string {
			return run("leak.flow", "--set", "data="+out)
		}},
		killed{name: "split", shares: "data", prepare: inData, args: func(out string) []string {
			return run("split.flow", "--set", "data="+out, "--set", "duplicates=[]")
		}},
		killed{name: "submit", shares: "submission", args: func(out string) []string {
			return run("submit.flow", "--set", "test_val="+table, "--set", "test="+table, "--set", "out="+out)
		}},
		killed{name: "score", shares: "submission", args: func(out string) []string {
			return run("score.flow", "--set", "out="+submission, "--set", "truth="+truth, "--set", "scores="+filepath.Join(out, "scores.json"))
		}},
		killed{name: "swa", shares: "run", prepare: inRun, args: func(out string) []string {
			return append(run("swa.flow", "--set", "run="+filepath.Join(out, "run"), "--set", "last=1"), on.training...)
		}},
		killed{name: "search", shares: "search", args: func(out string) []string {
			args := run("search.flow", "--set", "out="+filepath.Join(out, "search"), "--set", "trials=1", "--set", "keep=1", "--set", "epochs=1", "--set", "train_split=train")
			for _, set := range on.training {
				if table, found := strings.CutPrefix(set, "table="); found {
					args = append(args, "--set", "val_table="+table)
				}
			}
			return append(args, on.training...)
		}},
	)
}

// equalResults says whether two outputs hold the same, but for times.
func equalResults(a, b map[string]string) bool {
	return maps.EqualFunc(a, b, func(string, string) bool { return true }) && !slices.ContainsFunc(slices.Collect(maps.Keys(a)), func(name string) bool {
		return a[name] != b[name] && !timed(name)
	})
}

func trains(c killed) bool { return c.name == "train" || c.name == "search" }

// labelsOf reads the labels of a table of probabilities: columns L00, L01 and on
// hold 1 or 0.
func labelsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{}
	for _, row := range rows[1:] {
		var numbers []string
		for i, column := range rows[0] {
			if number, is := strings.CutPrefix(column, "L"); is && row[i] == "1" {
				numbers = append(numbers, strings.TrimPrefix(number, "0"))
			}
		}
		labels[row[slices.Index(rows[0], "Id")]] = strings.Join(numbers, " ")
	}
	return labels
}

// timed says whether a file tells of times, or of its own folder, and so is never
// the same twice.
func timed(name string) bool {
	for _, part := range []string{"metrics.csv", "training.safetensors", "report.html", "curves.png", "tfevents", "run.json", "run.flow"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
