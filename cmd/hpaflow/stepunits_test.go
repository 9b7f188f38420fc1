package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/table"
)

// stepFlow is a file whose steps the tests do as units, in a folder of its own.
type stepFlow struct {
	t       *testing.T
	hpaflow string
	dir     string
	args    []string // the file, and what is set
}

func (f *stepFlow) run(verb string, more ...string) (code int, out string) {
	f.t.Helper()
	c := exec.Command(f.hpaflow, slices.Concat([]string{verb}, f.args, more)...)
	c.Dir = f.dir
	b, err := c.CombinedOutput()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return failed.ExitCode(), string(b)
	} else if err != nil {
		f.t.Fatal(err)
	}
	return 0, string(b)
}

func (f *stepFlow) must(code int, verb string, more ...string) string {
	f.t.Helper()
	got, out := f.run(verb, more...)
	if got != code {
		f.t.Fatalf("%s %s: exit code %d, want %d\n%s", verb, strings.Join(more, " "), got, code, out)
	}
	return out
}

type stepUnits struct {
	Units         int
	Done, Missing []int
	Steps         []stepStatus
}

func (f *stepFlow) status() (s stepUnits) {
	f.t.Helper()
	if err := json.Unmarshal([]byte(f.must(exitDone, "units", "--json")), &s); err != nil {
		f.t.Fatal(err)
	}
	return s
}

// results are what people see, but for files that tell when they were made.
func (f *stepFlow) results() map[string]string {
	f.t.Helper()
	files := foldertest.Results(f.t, f.dir)
	maps.DeleteFunc(files, func(name, _ string) bool {
		return strings.HasSuffix(name, "training.safetensors") || strings.Contains(name, "tensorboard") || strings.HasSuffix(name, "report.html")
	})
	return files
}

// networksFlow trains networks on folds, and joins them.
func networksFlow(t *testing.T) (file string) {
	t.Helper()
	images, split := cellstest.TrainingSet(t, 8, 8)
	rows, err := table.Read(split, data.MaxClasses)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i := range rows {
		if i%4 == 3 {
			rows[i].Split = "test_val"
		}
	}
	for fold := range 2 {
		err = errors.Join(err, table.Write(filepath.Join(dir, fmt.Sprintf("split.stratified.%d.csv", fold)), rows))
		rows[fold], rows[fold+4] = rows[fold+4], rows[fold]
	}
	err = errors.Join(err, table.Write(filepath.Join(dir, "sample_submission.csv"), rows[:3]))
	configs, absErr := filepath.Abs("../../configs")
	file = filepath.Join(dir, "networks.flow")
	text := fmt.Sprintf(`
step "fold" {
  for_each = [0, 1]
  flow     = %q
  set = {
    data        = %q
    images      = [%q]
    test_images = [%q]
    fold        = each.value
    name        = "fold${each.value}"
    model       = "resnet18"
    size        = 32
    batch       = 4
    epochs      = 1
    last        = 1
    views       = 1
  }
}

step "submit" {
  flow = %q
  set = {
    test_val = [for fold in [0, 1] : "inferences/fold${fold}.test_val.csv.zst"]
    test     = [for fold in [0, 1] : "inferences/fold${fold}.test.csv.zst"]
    weights  = [1, 1]
    order    = %q
    leaks    = []
    out      = "submissions"
  }
}
`, filepath.Join(configs, "network.flow"), dir, images, images, filepath.Join(configs, "submit.flow"), filepath.Join(dir, "sample_submission.csv"))
	if err := errors.Join(err, absErr, os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return file
}

// Units of steps done in any order, each as soon as what it waits for is done and
// some by two processes at once, make what one process makes. Before that they end
// with the code for "not yet".
func TestStepsByUnits(t *testing.T) {
	notForRaces(t)
	hpaflow, file := program(t), networksFlow(t)
	one := &stepFlow{t, hpaflow, t.TempDir(), []string{file}}
	many := &stepFlow{t, hpaflow, t.TempDir(), []string{file}}
	if got := many.must(exitDone, "units", "--slurm"); got != "--array=0-1\n--array=2-3\n--array=4-7\n--array=8\n" {
		t.Errorf("units --slurm: %q", got)
	}
	one.must(exitDone, "run", "--progress", "none")
	if s := one.status(); len(s.Missing) > 0 {
		t.Errorf("after a run of all of it, %v are missing", s.Missing)
	}
	tooEarly := 0
	for round := 0; ; round++ {
		s := many.status()
		if len(s.Missing) == 0 {
			break
		}
		if round > 100 {
			t.Fatalf("still missing: %v", s.Missing)
		}
		unit := s.Missing[rand.IntN(len(s.Missing))]
		want := exitDone
		if slices.ContainsFunc(s.Steps[unit].After, func(at int) bool { return slices.Contains(s.Missing, at) }) {
			if want = exitNotYet; tooEarly >= 3 {
				continue
			}
			tooEarly++
		}
		var workers sync.WaitGroup
		for range 1 + rand.IntN(2) {
			workers.Go(func() {
				code, out := many.run("run", "--unit", strconv.Itoa(unit), "--progress", "none")
				if code != want || want == exitNotYet && !strings.Contains(out, "waits for unit ") {
					t.Errorf("unit %d: exit code %d, want %d\n%s", unit, code, want, out)
				}
			})
		}
		workers.Wait()
		if want == exitDone && slices.Contains(many.status().Missing, unit) {
			t.Fatalf("unit %d is done, and missing", unit)
		}
	}
	many.must(exitDone, "finish")
	sameTree(t, one.results(), many.results())

	// By the workers of a cluster, one of whom is killed.
	queued := &stepFlow{t, hpaflow, t.TempDir(), []string{file}}
	r := newRig(t, hpaflow)
	r.work()
	doomed := r.work()
	said := make(chan string)
	go func() {
		said <- queued.must(exitDone, "run", "--cluster", "@"+r.dir, "--lease", "2s", "--slots", "0", "--progress", "plain")
	}()
	waitFor(t, "a step that is done", func() bool { return len(queued.status().Done) > 0 })
	doomed.Process.Kill()
	<-doomed.ended
	r.workers = r.workers[:1]
	if out := <-said; !strings.Contains(out, "9 of 9 steps are missing") || !strings.Contains(out, "9/9 units") {
		t.Errorf("run --cluster: %s", out)
	}
	queued.must(exitDone, "finish")
	sameTree(t, one.results(), queued.results())
	if out := queued.must(exitDone, "run", "--cluster", "@"+r.dir); strings.Contains(out, "missing") {
		t.Errorf("a second run --cluster: %s", out)
	}
	many.must(exitDone, "run", "--unit", "9", "--progress", "none") // past the last
	if out := many.must(exitDone, "run", "--unit", "3"); !strings.Contains(out, "nothing to do") {
		t.Errorf("a unit that is done: %s", out)
	}

	// What is gone is missing, and what follows from it when it is another.
	tables, err := filepath.Glob(filepath.Join(many.dir, "inferences", "fold1.test.csv.zst"))
	if err == nil && len(tables) == 1 {
		err = os.Remove(tables[0])
	}
	if err != nil || len(tables) != 1 {
		t.Fatal(tables, err)
	}
	if out := many.must(exitFailed, "finish"); !strings.Contains(out, "unit 7 (fold_1/test)") {
		t.Errorf("finish: %s", out)
	}
	for k := range 2 { // share what is left
		many.must(exitDone, "run", "--unit", fmt.Sprintf("%d/2", 1-k), "--progress", "none")
	}
	many.must(exitDone, "finish")
	sameTree(t, one.results(), many.results())
}

// Trials of a search by two workers that share them, with halving, come to the
// table that one process makes.
func TestTrialsByUnits(t *testing.T) {
	notForRaces(t)
	hpaflow := program(t)
	images, split := cellstest.TrainingSet(t, 8, 6)
	config, err := filepath.Abs("../../configs/search.flow")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{config}
	for _, set := range []string{"images=" + images, "table=" + split, "val_table=" + split, "train_split=train",
		"trials=3", "keep=1", "epochs=2", "size=32", "batch=4", "seed=3", "halving=2", "min_epochs=1", "out=search"} {
		args = append(args, "--set", set)
	}
	one := &stepFlow{t, hpaflow, t.TempDir(), args}
	many := &stepFlow{t, hpaflow, t.TempDir(), args}
	one.must(exitDone, "run", "--progress", "none")
	if got := many.must(exitDone, "units", "--slurm"); got != "--array=0-3\n--array=4-7\n--array=8\n" {
		t.Errorf("units --slurm: %q", got)
	}
	many.must(exitNotYet, "run", "--unit", "8")
	var workers sync.WaitGroup
	for k := range 2 {
		workers.Go(func() {
			for range 10 {
				code, out := many.run("run", "--unit", fmt.Sprintf("%d/2", k), "--progress", "none")
				if code == exitDone {
					return
				} else if code != exitNotYet {
					t.Errorf("exit code %d\n%s", code, out)
					return
				}
			}
			t.Error("it waits for ever")
		})
	}
	workers.Wait()
	many.must(exitDone, "finish")
	sameTree(t, one.results(), many.results())
}
