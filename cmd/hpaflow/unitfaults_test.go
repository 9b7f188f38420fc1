package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hpaflow/data/cells/cellstest"
)

// sharedFlow is a flow that is cut into 8 units, with inputs that it shares with
// nobody or with all, and what becomes of these.
type sharedFlow struct {
	t       *testing.T
	hpaflow string
	config  string
	sets    func(dir string) []string // for results in a folder, whose own inputs it makes
	grow    func(dir string)          // more inputs, behind those there are, and what is bad repaired
	code    int                       // of finish, before that
}

// run runs a command on the results in a folder.
func (f *sharedFlow) run(dir string, words ...string) (code int, out string) {
	c := f.command(dir, words...)
	b, err := c.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		f.t.Error(err)
	}
	return c.ProcessState.ExitCode(), string(b)
}

func (f *sharedFlow) command(dir string, words ...string) *exec.Cmd {
	args := []string{words[0], "../../configs/" + f.config}
	for _, set := range f.sets(dir) {
		args = append(args, "--set", set)
	}
	return exec.Command(f.hpaflow, append(args, words[1:]...)...)
}

func (f *sharedFlow) must(code int, dir string, words ...string) string {
	f.t.Helper()
	got, out := f.run(dir, words...)
	if got != code {
		f.t.Fatalf("%v: exit code %d, want %d\n%s", words, got, code, out)
	}
	return out
}

func (f *sharedFlow) missing(dir string) []string {
	f.t.Helper()
	return strings.Fields(f.must(exitDone, dir, "units", "--missing"))
}

// left says what workers that were killed, and finish, have left for nothing.
func (f *sharedFlow) left(dir string) {
	f.t.Helper()
	filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || strings.HasPrefix(filepath.Base(path), "work-") || strings.HasSuffix(path, ".hpaflow-tmp") {
			f.t.Errorf("left: %s, %v", path, err)
		}
		return nil
	})
}

// sharedFlows are the flows that the tests cut, beside rgby.flow.
func sharedFlows(t *testing.T) map[string]*sharedFlow {
	hpaflow := program(t)
	return map[string]*sharedFlow{
		"shards":   cutShards(t, hpaflow),
		"hashes":   cutHashes(t, hpaflow),
		"infer":    cutInfer(t, hpaflow),
		"download": cutDownload(t, hpaflow),
	}
}

func cutShards(t *testing.T, hpaflow string) *sharedFlow {
	input := spoiledSamples(t, 23)
	return &sharedFlow{t: t, hpaflow: hpaflow, config: "rgby-shards.flow", code: exitDeadLetters, sets: func(dir string) []string {
		return []string{"input=" + input, "output=" + dir + "/shards", "unit=3", "dead_letters=" + dir + "/failed.jsonl"}
	}}
}

func cutHashes(t *testing.T, hpaflow string) *sharedFlow {
	set := manySamples(t, 28)
	link := func(dir, id string, i int) {
		to := filepath.Join(dir, "raw", "train", id+"_green.png")
		b, err := os.ReadFile(fmt.Sprintf("%s/9_%04d_green.png", set, i))
		if err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	rows := func(dir string, n int) {
		text := "Id,Target\n"
		for i := range n {
			text += fmt.Sprintf("9_%04d,%d\n", i, i)
		}
		if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &sharedFlow{
		t: t, hpaflow: hpaflow, config: "hashes.flow", code: exitDeadLetters,
		sets: func(dir string) []string {
			if _, err := os.Stat(filepath.Join(dir, "raw")); err != nil {
				for i := range 23 {
					link(dir, fmt.Sprintf("9_%04d", i), i)
				}
				if err := os.WriteFile(filepath.Join(dir, "raw", "train", "9_0007_green.png"), []byte("none"), 0o600); err != nil {
					t.Fatal(err)
				}
				rows(dir, 23)
			}
			return []string{"data=" + dir, "sets=train", "unit=3", "dead_letters=" + dir + "/failed.jsonl"}
		},
		grow: func(dir string) {
			for i := 23; i < 27; i++ {
				link(dir, fmt.Sprintf("9_%04d", i), i)
			}
			link(dir, "9_0007", 7)
			rows(dir, 27)
		},
	}
}

// cutInfer predicts images in shards.
func cutInfer(t *testing.T, hpaflow string) *sharedFlow {
	images, split := cellstest.TrainingSet(t, 8, 20)
	packed := inShards(t, images)
	trained := t.TempDir()
	common := []string{"size=32", "norm=per_image", "images=" + packed}
	args := []string{"run", "../../configs/train.flow", "--progress", "none"}
	for _, set := range append(common, "table="+split, "batch=8", "epochs=1", "out="+trained) {
		args = append(args, "--set", set)
	}
	if out, err := exec.Command(hpaflow, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all, err := os.ReadFile(split)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(all), "\n")
	rows := func(dir string, n int) { // the header and those to train on come first
		if err := os.WriteFile(filepath.Join(dir, "split.csv"), []byte(strings.Join(lines[:1+8+n], "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &sharedFlow{
		t: t, hpaflow: hpaflow, config: "infer.flow", code: exitDone,
		sets: func(dir string) []string {
			if _, err := os.Stat(filepath.Join(dir, "split.csv")); err != nil {
				rows(dir, 16)
			}
			return append(common, "table="+filepath.Join(dir, "split.csv"), "weights="+filepath.Join(trained, "checkpoint", "epoch_0000"), "split=val",
				"views=1", "batch=2", "unit=2", "out="+filepath.Join(dir, "p.csv.zst"))
		},
		grow: func(dir string) { rows(dir, 20) },
	}
}

// cutDownload gets from a server that lacks a plate until the list grows.
func cutDownload(t *testing.T, hpaflow string) *sharedFlow {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40)), nil); err != nil {
		t.Fatal(err)
	}
	var repaired atomic.Bool
	server := &plates{body: b.Bytes(), asked: map[string]int{}}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/8/") && !repaired.Load() {
			http.NotFound(w, r)
			return
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	rows := func(dir string, n int) {
		text := "Id,Target\n"
		for i := range n {
			text += fmt.Sprintf("%d_A_%d,%d\n", 7+i/6%2, i, i%28)
		}
		if err := os.WriteFile(filepath.Join(dir, "list.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &sharedFlow{
		t: t, hpaflow: hpaflow, config: "download.flow", code: exitDeadLetters,
		sets: func(dir string) []string {
			if _, err := os.Stat(filepath.Join(dir, "list.csv")); err != nil {
				rows(dir, 23)
			}
			return []string{"table=" + dir + "/list.csv", "output=" + dir + "/raw", "rgby=" + dir + "/rgby", "external=" + dir + "/external.csv",
				"dead_letters=" + dir + "/failed.jsonl", "base_url=" + web.URL, "size=24", "workers=2", "unit=3"}
		},
		grow: func(dir string) {
			repaired.Store(true)
			rows(dir, 28)
		},
	}
}

// Sets grow, and what was bad is repaired, in every flow that is cut: in the end
// there is what one process makes, and what units had made is not touched.
func TestUnitsOfSetsThatGrow(t *testing.T) {
	notForRaces(t)
	for name, f := range sharedFlows(t) {
		if f.grow == nil {
			continue // TestUnitsByHand lets it grow
		}
		t.Run(name, func(t *testing.T) {
			f.t = t
			one, many := t.TempDir(), t.TempDir()
			f.must(f.code, one, "run", "--progress", "none")
			var status struct{ Units int }
			if err := json.Unmarshal([]byte(f.must(exitDone, many, "units", "--json")), &status); err != nil || status.Units != 8 {
				t.Fatalf("%d units, %v", status.Units, err)
			}
			for _, unit := range rand.Perm(8) {
				f.must(exitDone, many, "run", "--unit", strconv.Itoa(unit), "--progress", "none")
			}
			f.must(f.code, many, "finish")
			sameTree(t, visible(t, one), visible(t, many))
			records := func() (all string) {
				paths, err := filepath.Glob(filepath.Join(many, "*", ".run", "units", "done", "0000[0-7].json"))
				if more, _ := filepath.Glob(filepath.Join(many, ".*", "units", "done", "0000[0-7].json")); err == nil {
					paths = append(paths, more...)
				}
				for _, path := range paths {
					info, err := os.Stat(path)
					if err != nil {
						t.Fatal(err)
					}
					all += fmt.Sprintln(filepath.Base(path), info.ModTime())
				}
				return all
			}
			before := records()
			if strings.Count(before, "\n") != 8 {
				t.Fatalf("records: %s", before)
			}

			f.grow(one)
			f.grow(many)
			for _, unit := range f.missing(many) {
				f.must(exitDone, many, "run", "--unit", unit, "--progress", "none")
			}
			f.must(f.code, many, "finish") // what was bad is so to units that are done
			f.must(exitDone, many, "run", "--retry-failed", "--progress", "none")
			f.must(exitDone, one, "run", "--progress", "none")
			sameTree(t, visible(t, one), visible(t, many))
			if records() != before {
				t.Error("units that were done have been done again")
			}
			f.left(many)
		})
	}
}

// Schedulers start units twice at once; workers are killed; one runs out of room.
// What is missing is done again, until nothing is: then there is what one process
// makes. It is counted how often each has truly happened.
func TestUnitsDisturbed(t *testing.T) {
	notForRaces(t)
	for name, f := range sharedFlows(t) {
		t.Run(name, func(t *testing.T) {
			f.t = t
			one := t.TempDir()
			f.must(f.code, one, "run", "--progress", "none")
			want := visible(t, one)
			kills, both, full := 0, 0, 0
			for range (*unitRounds + 1) / 2 {
				many := t.TempDir()
				f.must(exitDone, many, "units")
				// One that finds no room for a single byte ends badly, and does no harm.
				limited := f.command(many, "run", "--unit", strconv.Itoa(rand.IntN(8)), "--progress", "none")
				limited.Args = append([]string{"sh", "-c", `ulimit -f 0; exec "$0" "$@"`, f.hpaflow}, limited.Args[1:]...)
				limited.Path = "/bin/sh"
				if out, err := limited.CombinedOutput(); err != nil {
					full++
					if code := limited.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(out), "file too large") {
						t.Errorf("without room: exit code %d\n%s", code, out)
					}
				}
				for most := 100 * time.Millisecond; ; most += 40 * time.Millisecond {
					left := f.missing(many)
					if len(left) == 0 {
						break
					}
					unit := left[rand.IntN(len(left))]
					var mu sync.Mutex
					worked, killed := 0, 0
					var workers sync.WaitGroup
					for range 2 {
						c := f.command(many, "run", "--unit", unit, "--progress", "plain")
						var out bytes.Buffer
						c.Stderr = &out
						if err := c.Start(); err != nil {
							t.Fatal(err)
						}
						if rand.IntN(2) == 0 {
							time.AfterFunc(time.Duration(rand.Int64N(int64(most))), func() { c.Process.Kill() })
						}
						workers.Go(func() {
							c.Wait()
							mu.Lock()
							defer mu.Unlock()
							switch {
							case !c.ProcessState.Exited():
								killed++
							case c.ProcessState.ExitCode() != 0:
								t.Errorf("unit %s: exit code %d\n%s", unit, c.ProcessState.ExitCode(), out.Bytes())
							case !strings.Contains(out.String(), "nothing to do"):
								worked++
							}
						})
					}
					workers.Wait()
					kills += killed
					if worked == 2 {
						both++
					}
				}
				f.must(f.code, many, "finish")
				sameTree(t, want, visible(t, many))
				f.left(many)
			}
			t.Logf("%d kills, %d times two did one unit, %d times one had no room", kills, both, full)
		})
	}
}
