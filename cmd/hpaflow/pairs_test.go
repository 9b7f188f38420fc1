package main

import (
	"bytes"
	"flag"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/atomicfile/foldertest"
)

var allPairs = flag.Bool("pairs", false, "whether TestPairs has training take part, which takes minutes")

// TestPairs starts every pair of flows that write at once on one output: each
// run is through or is refused in words, and once those that were refused have
// run too, all is there that the two leave one after the other.
func TestPairs(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("runs hundreds of flows")
	}
	hpaflow := program(t)
	flows := slices.DeleteFunc(killedFlows(t, hpaflow), func(c killed) bool { return c.name == "train" && !*allPairs })
	fresh := func(t *testing.T, pair ...killed) string {
		out := t.TempDir()
		if i := slices.IndexFunc(pair, func(c killed) bool { return c.prepare != nil }); i >= 0 {
			pair[i].prepare(out)
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
			t.Run(a.name+" and "+b.name, func(t *testing.T) {
				one := fresh(t, a, b)
				for _, c := range []killed{a, b} {
					if code, said := run(t, c, one)(); code != exitDone {
						t.Skipf("%s cannot have this output after the other: %d\n%s", c.name, code, said)
					}
				}
				out := fresh(t, a, b)
				first, second := run(t, a, out), run(t, b, out)
				refused := 0
				var again []killed
				for _, c := range []struct {
					killed
					ended func() (int, string)
				}{{a, first}, {b, second}} {
					code, said := c.ended()
					switch {
					case code == exitFailed && strings.Contains(said, "another run is writing to"):
						refused++
						again = append(again, c.killed)
					case code != exitDone:
						t.Errorf("%s ended with %d\n%s", c.name, code, said)
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
