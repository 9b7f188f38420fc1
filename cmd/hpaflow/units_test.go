package main

import (
	"encoding/json"
	"errors"
	"flag"
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
	"time"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
)

var unitRounds = flag.Int("unit-rounds", 2, "rounds of tests that kill workers of units")

// unitFlow is a flow that the tests cut, on a folder of its own.
type unitFlow struct {
	t       *testing.T
	hpaflow string
	config  string
	output  string
	sets    []string
}

func newUnitFlow(t *testing.T, hpaflow, config, input, output string) *unitFlow {
	return &unitFlow{t, hpaflow, config, output, []string{
		"--set", "input=" + input, "--set", "output=" + output, "--set", "unit=3", "--set", "dead_letters=" + filepath.Join(output, "dead.jsonl"),
	}}
}

func (f *unitFlow) command(verb string, more ...string) *exec.Cmd {
	return exec.Command(f.hpaflow, slices.Concat([]string{verb, "../../configs/" + f.config}, f.sets, more)...)
}

// exits runs a command, which ends with this code, and gives what it printed.
func (f *unitFlow) exits(code int, verb string, more ...string) (out string) {
	f.t.Helper()
	c := f.command(verb, more...)
	var stderr strings.Builder
	c.Stderr = &stderr
	stdout, err := c.Output()
	got := 0
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else if err != nil {
		f.t.Fatal(err)
	}
	if got != code {
		f.t.Fatalf("%s %s: exit code %d, want %d\n%s", verb, strings.Join(more, " "), got, code, stderr.String())
	}
	return string(stdout)
}

// tree is what people see of the result, dead letters by key and cause.
func (f *unitFlow) tree() map[string]string {
	f.t.Helper()
	files := foldertest.Results(f.t, f.output)
	var letters []string
	for line := range strings.Lines(files["dead.jsonl"]) {
		var l struct {
			Key, Stage, Cause string
			Skipped           bool
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			f.t.Fatal(err)
		}
		letters = append(letters, fmt.Sprint(l))
	}
	files["dead.jsonl"] = strings.Join(letters, "\n")
	return files
}

// sameTree compares results.
func sameTree(t *testing.T, want, got map[string]string) {
	t.Helper()
	if maps.Equal(want, got) {
		return
	}
	for name := range got {
		if _, there := want[name]; !there {
			t.Errorf("%s is there and should not be", name)
		} else if want[name] != got[name] {
			t.Errorf("%s differs: %d bytes, want %d", name, len(got[name]), len(want[name]))
		}
	}
	for name := range want {
		if _, there := got[name]; !there {
			t.Errorf("%s is not there", name)
		}
	}
	t.FailNow()
}

// spoiledSamples are samples one of which has a bad file, and one of which lacks
// a channel.
func spoiledSamples(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = manySamples(t, n)
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "9_0004_red.png"), []byte("none"), 0o600), os.Remove(filepath.Join(dir, "9_0010_blue.png"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// noneLeft says what killed or finished workers have left for nothing.
func (f *unitFlow) noneLeft() {
	f.t.Helper()
	for _, pattern := range []string{"work-*", "parts/*/*/*.hpaflow-tmp", "*.hpaflow-tmp", "done/*.hpaflow-tmp"} {
		left, err := filepath.Glob(filepath.Join(f.output, ".run", "units", pattern))
		if err != nil || len(left) > 0 {
			f.t.Errorf("left: %v, %v", left, err)
		}
	}
}

// Units done by hand, in any order and some twice, make what one run makes; so
// they do when the set has grown and a bad sample is mended.
func TestUnitsByHand(t *testing.T) {
	notForRaces(t)
	hpaflow := program(t)
	for _, config := range []string{"rgby.flow", "rgby-shards.flow"} {
		t.Run(config, func(t *testing.T) {
			input := spoiledSamples(t, 23)
			one := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			many := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			one.exits(exitDeadLetters, "run")
			if got := many.exits(exitDone, "units", "--slurm"); got != "--array=0-7\n" {
				t.Errorf("units --slurm: %q", got)
			}
			for _, unit := range rand.Perm(8)[:6] {
				many.exits(exitDone, "run", "--unit", strconv.Itoa(unit))
			}
			left := strings.Fields(many.exits(exitDone, "units", "--missing"))
			if len(left) != 2 {
				t.Fatalf("missing: %v", left)
			}
			many.exits(exitFailed, "finish")
			for _, unit := range append(left, "0", "5", "8", "1000") { // two of them done before, two past the last
				many.exits(exitDone, "run", "--unit", unit)
			}
			var status struct{ Units, Done, Missing any }
			if err := json.Unmarshal([]byte(many.exits(exitDone, "units", "--json")), &status); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(status); got != "{8 [0 1 2 3 4 5 6 7] []}" {
				t.Errorf("units --json: %s", got)
			}
			many.exits(exitDeadLetters, "finish")
			first := many.tree()
			sameTree(t, one.tree(), first)
			many.exits(exitDeadLetters, "finish")
			sameTree(t, first, many.tree())
			many.noneLeft()

			// The set grows by samples that come before the others, and the bad ones are
			// mended.
			for _, colour := range data.Colours {
				b, err := os.ReadFile(filepath.Join(input, "9_0001_"+colour+".png"))
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range []string{"1_0001", "1_0002", "1_0003", "1_0004", "9_0004", "9_0010"} {
					if err := os.WriteFile(filepath.Join(input, id+"_"+colour+".png"), b, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			many.exits(exitDone, "units")
			many.exits(exitDone, "run", "--unit", "0/2")
			many.exits(exitDone, "run", "--unit", "1/2")
			many.exits(exitDeadLetters, "finish")
			for name, text := range many.tree() {
				if before, there := first[name]; there && text != before && name != "index.parquet" {
					t.Errorf("%s has changed with the set", name)
				}
			}
			many.exits(exitDone, "run", "--retry-failed")
			one.exits(exitDone, "run")
			sameTree(t, one.tree(), many.tree())
			if config == "rgby-shards.flow" {
				if out, err := exec.Command(hpaflow, "shards", "verify", many.output).CombinedOutput(); err != nil || !strings.Contains(string(out), "27 samples in 11 shards") {
					t.Errorf("shards verify: %v, %s", err, out)
				}
			}
			many.noneLeft()
		})
	}
}

// A folder that holds another plan is refused with the difference, and one that
// was not cut by units keeps its cut.
func TestUnitsRefused(t *testing.T) {
	hpaflow, input := program(t), manySamples(t, 7)
	f := newUnitFlow(t, hpaflow, "rgby-shards.flow", input, t.TempDir())
	f.exits(exitDone, "run", "--unit", "1")
	for _, c := range []struct{ set, says string }{
		{"unit=4", "a unit has 4 records, had 3"},
		{"payload=up", "pack.payload is up, was the default"},
		{"keys=path", "run.keys is path, was the default"},
	} {
		out, err := f.command("run", "--set", c.set, "--unit", "0").CombinedOutput()
		if code := err.(*exec.ExitError).ExitCode(); code != exitUsage || !strings.Contains(string(out), c.says) {
			t.Errorf("--set %s: %d, %s", c.set, code, out)
		}
	}
	if out, err := exec.Command(hpaflow, "run", "../../configs/rgby-shards.flow", "--set", "input="+input, "--set", "output="+t.TempDir(),
		"--unit", "0", "--set", "unit=2000000").CombinedOutput(); err == nil || !strings.Contains(string(out), "cut into units of") {
		t.Errorf("units that pass the size of a shard: %v, %s", err, out)
	}
	for _, unit := range []string{"-1", "x", "1/0", "2/2", "01", "1/", "auto"} {
		f.exits(exitUsage, "run", "--unit", unit)
	}
}

// Two processes that do one unit at once both end well, and so do eight that do
// all units, each beginning elsewhere.
func TestUnitsAtOnce(t *testing.T) {
	notForRaces(t)
	hpaflow, input := program(t), spoiledSamples(t, 23)
	for _, config := range []string{"rgby.flow", "rgby-shards.flow"} {
		t.Run(config, func(t *testing.T) {
			one := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			one.exits(exitDeadLetters, "run")
			f := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			var workers sync.WaitGroup
			for range 3 {
				workers.Go(func() {
					if out, err := f.command("run", "--unit", "0/1").CombinedOutput(); err != nil {
						t.Errorf("%v\n%s", err, out)
					}
				})
			}
			workers.Wait()
			f.exits(exitDeadLetters, "finish")
			sameTree(t, one.tree(), f.tree())
			f.noneLeft()
		})
	}
}

// Workers are killed at random moments, over and over, and what is missing is
// done again, until nothing is.
func TestUnitsUnderKills(t *testing.T) {
	notForRaces(t)
	hpaflow, input := program(t), spoiledSamples(t, 23)
	for _, config := range []string{"rgby.flow", "rgby-shards.flow"} {
		t.Run(config, func(t *testing.T) {
			one := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			one.exits(exitDeadLetters, "run")
			want := one.tree()
			kills, partly := 0, 0
			for range *unitRounds {
				f := newUnitFlow(t, hpaflow, config, input, t.TempDir())
				for most := 60 * time.Millisecond; ; most += 20 * time.Millisecond {
					var workers sync.WaitGroup
					for k := range 2 {
						c := f.command("run", "--unit", fmt.Sprintf("%d/2", k), "--progress", "none")
						if err := c.Start(); err != nil {
							t.Fatal(err)
						}
						time.AfterFunc(time.Duration(rand.Int64N(int64(most))), func() { c.Process.Kill() })
						workers.Go(func() {
							if c.Wait(); c.ProcessState.Exited() && c.ProcessState.ExitCode() != 0 {
								t.Errorf("exit code %d", c.ProcessState.ExitCode())
							} else if !c.ProcessState.Exited() {
								kills++
							}
						})
						workers.Wait()
					}
					left := f.exits(exitDone, "units", "--missing")
					if left == "" {
						break
					}
					if n := len(strings.Fields(left)); n < 8 {
						partly++
					}
				}
				f.exits(exitDeadLetters, "finish")
				sameTree(t, want, f.tree())
				f.noneLeft()
			}
			if kills == 0 || partly == 0 {
				t.Errorf("%d kills, %d of them with some units done", kills, partly)
			}
			t.Logf("%d rounds, %d kills", *unitRounds, kills)
		})
	}
}

// A unit whose inputs or files are others by now is made anew by a run, and only
// that; or it is kept, or the run refused, as it is told.
func TestUnitsChanged(t *testing.T) {
	notForRaces(t)
	hpaflow := program(t)
	for _, config := range []string{"rgby.flow", "rgby-shards.flow"} {
		t.Run(config, func(t *testing.T) {
			input := manySamples(t, 7)
			f := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			f.exits(exitDone, "run", "--unit", "0/1")
			f.exits(exitDone, "finish")
			before := f.tree()
			b, err := os.ReadFile(filepath.Join(input, "9_0000_red.png"))
			if err == nil {
				err = os.WriteFile(filepath.Join(input, "9_0004_red.png"), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			f.exits(exitFailed, "run", "--changed", "refuse")
			f.exits(exitDone, "run", "--changed", "keep")
			sameTree(t, before, f.tree())
			record := func(unit int) string {
				b, err := os.ReadFile(filepath.Join(f.output, ".run", "units", "done", fmt.Sprintf("%05d.json", unit)))
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			}
			first, second := record(0), record(1)
			f.exits(exitDone, "run")
			fresh := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			fresh.exits(exitDone, "run")
			sameTree(t, fresh.tree(), f.tree())
			if record(0) != first || record(1) == second {
				t.Error("not the changed unit alone was made anew")
			}

			for name := range f.tree() { // any of its files
				if name == "dead.jsonl" || name == "index.parquet" {
					continue
				}
				if err := os.Truncate(filepath.Join(f.output, name), 7); err != nil {
					t.Fatal(err)
				}
				break
			}
			f.exits(exitDone, "run")
			sameTree(t, fresh.tree(), f.tree())

			// Another recipe makes everything anew; workers are refused.
			if config == "rgby-shards.flow" {
				f.exits(exitUsage, "run", "--unit", "0", "--set", "payload=up")
				f.exits(exitDone, "run", "--set", "payload=up")
				other := newUnitFlow(t, hpaflow, config, input, t.TempDir())
				other.exits(exitDone, "run", "--set", "payload=up")
				sameTree(t, other.tree(), f.tree())
			}
			f.noneLeft()
		})
	}
}

// notForRaces skips a test of many processes, each of which is this one again:
// under the race detector it takes minutes, and flow/units is raced by itself.
func notForRaces(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("too long under the race detector")
	}
}

// Rows that are others by now count as images do: what was made from them is made
// anew, kept or refused, and what is still to be made is made from those there are,
// wherever a run before was killed.
func TestUnitsOfOtherRows(t *testing.T) {
	notForRaces(t)
	hpaflow, input := program(t), manySamples(t, 9)
	var labels [9]string
	table := func() string {
		text := "Id,Target\n"
		for i, l := range labels {
			if l != "" {
				text += fmt.Sprintf("9_%04d,%s\n", i, l)
			}
		}
		return foldertest.Put(t, "table.csv", text)
	}
	at := func() *unitFlow { return newUnitFlow(t, hpaflow, "rgby-shards.flow", input, t.TempDir()) }
	fresh := func() map[string]string {
		f := at()
		f.exits(exitDone, "run", "--set", "table="+table())
		return f.tree()
	}
	for i := range labels[:8] { // the last has no row at first
		labels[i] = "1"
	}
	f := at()
	f.exits(exitDone, "run", "--set", "table="+table())

	before := f.tree()
	labels[4], labels[8] = "2 3", "7"
	f.exits(exitFailed, "run", "--changed", "refuse", "--set", "table="+table())
	f.exits(exitDone, "run", "--changed", "keep", "--set", "table="+table())
	sameTree(t, before, f.tree())
	f.exits(exitDone, "run", "--set", "table="+table())
	sameTree(t, fresh(), f.tree())

	labels[4], labels[0] = "5", ""
	f.exits(exitDone, "run", "--set", "table="+table())
	sameTree(t, fresh(), f.tree())
	f.exits(exitDone, "run", "--changed", "refuse", "--set", "table="+table())
	f.exits(exitDone, "run")
	f.exits(exitDone, "run", "--set", "table="+table())
	sameTree(t, fresh(), f.tree())

	// Killed when a unit had been taken back, and the rows not yet.
	if err := errors.Join(os.Remove(filepath.Join(f.output, ".run", "units", "done", "00001.json")), os.Remove(filepath.Join(f.output, "shard-00001.tar.zst"))); err != nil {
		t.Fatal(err)
	}
	labels[5] = "9"
	f.exits(exitFailed, "run", "--unit", "1", "--set", "table="+table()) // others may have the rows of before
	f.exits(exitDone, "run", "--set", "table="+table())
	sameTree(t, fresh(), f.tree())

	// Stopped before all units were done.
	for i, policy := range []string{"redo", "keep", "refuse"} {
		f = at()
		f.exits(exitDone, "run", "--unit", "0", "--set", "table="+table())
		labels[7] = fmt.Sprint(11 + i)
		f.exits(exitDone, "run", "--changed", policy, "--set", "table="+table())
		sameTree(t, fresh(), f.tree())
		f.exits(exitDone, "run", "--unit", "1", "--set", "table="+table())
	}
	before = f.tree()
	labels[0] = "28"
	f.exits(exitUsage, "run", "--set", "table="+table())
	sameTree(t, before, f.tree())
	f.noneLeft()
}
