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
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
	"hpaflow/flow/units"
	"hpaflow/models/cpu"
)

// byUnits runs a flow as a whole into one folder, by units in any order into another,
// where the worker of one is killed after it has published and is done again, and by
// two workers on a queue into a third, one of whom is killed; and compares the folders.
// Sets are what is set for a folder.
func byUnits(t *testing.T, hpaflow, config string, cut, code int, sets func(dir string) []string) (one, many string) {
	t.Helper()
	one, many = t.TempDir(), t.TempDir()
	queued := t.TempDir()
	do := func(code int, dir, verb string, more ...string) string {
		t.Helper()
		args := []string{verb, "../../configs/" + config}
		for _, set := range sets(dir) {
			args = append(args, "--set", set)
		}
		c := exec.Command(hpaflow, append(args, more...)...)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, _ := c.Output()
		if got := c.ProcessState.ExitCode(); got != code {
			t.Fatalf("%s %v: exit code %d, want %d\n%s", verb, more, got, code, stderr.Bytes())
		}
		return string(out)
	}
	do(code, one, "run", "--progress", "none")
	var status struct{ Units int }
	if err := json.Unmarshal([]byte(do(exitDone, many, "units", "--json")), &status); err != nil || status.Units != cut {
		t.Fatalf("%d units, want %d; %v", status.Units, cut, err)
	}
	for _, unit := range rand.Perm(cut) {
		do(exitDone, many, "run", "--unit", strconv.Itoa(unit), "--progress", "none")
	}
	again := rand.IntN(cut)
	t.Logf("the worker of unit %d is killed", again)
	killedUnrecorded(t, many, again)
	do(exitDone, many, "run", "--unit", strconv.Itoa(again), "--progress", "none")
	do(code, many, "finish")
	want, got := visible(t, one), visible(t, many)
	sameTree(t, want, got)
	do(code, many, "finish")
	sameTree(t, want, visible(t, many))
	do(code, many, "run", "--progress", "none") // finds nothing to do
	sameTree(t, want, visible(t, many))
	r := newRig(t, hpaflow)
	doomed := r.work()
	r.work()
	time.AfterFunc(time.Duration(rand.Int64N(int64(time.Second))), func() { syscall.Kill(-doomed.Process.Pid, syscall.SIGKILL) })
	do(code, queued, "run", "--progress", "none", "--cluster", "@"+r.dir, "--slots", "0", "--lease", "2s")
	sameTree(t, want, visible(t, queued))
	return one, many
}

// killedUnrecorded makes of a unit that is done one whose worker was killed when all
// its files had their names and the record was not there yet.
func killedUnrecorded(t *testing.T, dir string, unit int) {
	t.Helper()
	var folders []string // of units
	for _, pattern := range []string{"*/.run/units", ".*.run/units"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, found...)
	}
	records := 0
	for _, folder := range folders {
		path := filepath.Join(folder, "done", fmt.Sprintf("%05d.json", unit))
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		records++
		var r units.Record
		if err = errors.Join(err, json.Unmarshal(text, &r), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
		for _, folder := range folders {
			work := filepath.Join(folder, "work-killed-1-0")
			if err := os.MkdirAll(work, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(work, "record.json"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Files {
				published, own := filepath.Join(folder, "..", "..", f.Name), filepath.Join(work, f.Node, f.Name)
				err := errors.Join(os.MkdirAll(filepath.Dir(own), 0o777), os.Link(published, own))
				if err != nil && !errors.Is(err, fs.ErrNotExist) { // it is another sink's
					t.Fatal(err)
				}
			}
		}
	}
	if records != 1 {
		t.Fatalf("unit %d has %d records", unit, records)
	}
}

// visible is what people see, but for the times of dead letters and the folder that
// their files are in.
func visible(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := foldertest.Results(t, dir)
	for name, text := range all {
		if !strings.HasSuffix(name, ".jsonl") {
			continue
		}
		var lines []string
		for line := range strings.Lines(text) {
			var l map[string]any
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			delete(l, "time")
			lines = append(lines, strings.ReplaceAll(fmt.Sprint(l), dir, ""))
		}
		all[name] = strings.Join(lines, "\n")
	}
	return all
}

// grey is a server of grey images of 40 pixels square.
func grey(t *testing.T) *httptest.Server {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40)), nil); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(&plates{body: b.Bytes(), asked: map[string]int{}})
	t.Cleanup(web.Close)
	return web
}

func TestDownloadByUnits(t *testing.T) {
	notForRaces(t)
	web := grey(t)
	list := filepath.Join(t.TempDir(), "list.csv")
	text := "Id,Target\nnone,3\n"
	for i := range 22 {
		text += fmt.Sprintf("7_A_%d,%d\n", i, i%28)
	}
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	one, _ := byUnits(t, program(t), "download.flow", 8, exitDeadLetters, func(dir string) []string {
		return []string{"table=" + list, "output=" + dir + "/raw", "rgby=" + dir + "/rgby", "external=" + dir + "/external.csv",
			"dead_letters=" + dir + "/failed.jsonl", "base_url=" + web.URL, "size=24", "workers=2", "unit=3"}
	})
	if files := visible(t, one); len(files) != 22*5+2 || !strings.Contains(files["failed.jsonl"], "none") {
		t.Errorf("%d files, %s", len(files), files["failed.jsonl"])
	}
}

// So are images of the Human Protein Atlas, with marks in names of the list and rows that name none.
func TestHPAImagesByUnits(t *testing.T) {
	notForRaces(t)
	web := grey(t)
	list := filepath.Join(t.TempDir(), "list.csv")
	text := "URL,Licence\n"
	for i := range 11 {
		text += fmt.Sprintf("http://images.proteinatlas.org/7/1_A1_%d_cr5af971a26386%x_blue_red_green.jpg,CC BY-SA 4.0\n", i, i)
	}
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	one, _ := byUnits(t, program(t), "hpa-images.flow", 3, exitDone, func(dir string) []string {
		return []string{"table=" + list, "raw=" + dir + "/raw", "rgby=" + dir + "/rgby", "images=" + dir + "/images.csv",
			"dead_letters=" + dir + "/failed.jsonl", "base_url=" + web.URL, "formats=jpg", "workers=2", "unit=4"}
	})
	if files := visible(t, one); len(files) != 11*5+1 || strings.Count(files["images.csv"], "\n7_1_A1_") != 11 {
		t.Errorf("%d files, %s", len(files), files["images.csv"])
	}
}

// The hashes of units are what duplicates.flow reads.
func TestHashesByUnits(t *testing.T) {
	notForRaces(t)
	hpaflow, set := program(t), spoiledSamples(t, 23)
	data := func(dir string) []string {
		train := filepath.Join(dir, "raw", "train")
		if _, err := os.Stat(train); err != nil {
			if err := os.MkdirAll(train, 0o755); err != nil {
				t.Fatal(err)
			}
			text := "Id,Target\n"
			for i := range 23 {
				from := fmt.Sprintf("%s/9_%04d_green.png", set, i)
				b, err := os.ReadFile(from)
				if err == nil {
					err = os.WriteFile(filepath.Join(train, filepath.Base(from)), b, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				text += fmt.Sprintf("9_%04d,%d\n", i, i)
			}
			text += "9_9999,1\n" // without an image
			if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return []string{"data=" + dir, "sets=train", "unit=3", "dead_letters=" + dir + "/failed.jsonl"}
	}
	_, many := byUnits(t, hpaflow, "hashes.flow", 8, exitDone, data)
	hashes := visible(t, many)["hashes.csv"]
	if n := strings.Count(hashes, "\n"); n != 24 {
		t.Errorf("hashes.csv has %d lines", n)
	}
	report := filepath.Join(t.TempDir(), "report.json")
	out, err := exec.Command(hpaflow, "run", "../../configs/duplicates.flow", "--set", "data="+many, "--set", "sets=train", "--report", report).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if after := visible(t, many); after["hashes.csv"] != hashes || after["duplicates.ahash.csv"] == "" {
		t.Errorf("duplicates.flow has not gone by the hashes of units\n%s", out)
	}
}

// Predictions of units are joined to the tables that one run writes. A machine
// that computes otherwise is refused.
func TestInferByUnits(t *testing.T) {
	notForRaces(t)
	hpaflow := program(t)
	images, split := cellstest.TrainingSet(t, 8, 14)
	trained := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(hpaflow, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	common := []string{"table=" + split, "size=32", "norm=per_image", "images=" + images}
	args := []string{"run", "../../configs/train.flow", "--set", "batch=8", "--set", "epochs=1", "--set", "out=" + trained, "--progress", "none"}
	for _, set := range common {
		args = append(args, "--set", set)
	}
	run(args...)
	for _, name := range []string{"p.csv", "p.csv.zst", "p.shards"} {
		t.Run(name, func(t *testing.T) {
			byUnits(t, hpaflow, "infer.flow", 4, exitDone, func(dir string) []string {
				return append(common, "weights="+filepath.Join(trained, "checkpoint", "epoch_0000"), "split=val", "views=1", "batch=2", "unit=4", "out="+filepath.Join(dir, name))
			})
		})
	}
	args = []string{"run", "../../configs/infer.flow", "--set", "weights=" + filepath.Join(trained, "checkpoint", "epoch_0000"), "--set", "split=val",
		"--set", "views=1", "--set", "batch=2", "--set", "unit=4", "--set", "out=" + filepath.Join(t.TempDir(), "p.csv")}
	for _, set := range common {
		args = append(args, "--set", set)
	}
	run(append(args, "--unit", "0")...)
	if cpu.Instructions() == "go" {
		t.Skip("this machine computes in plain Go anyway")
	}
	other := exec.Command(hpaflow, append(args, "--unit", "1")...)
	other.Env = append(os.Environ(), "HPAFLOW_CPU=plain")
	if out, err := other.CombinedOutput(); err == nil || !strings.Contains(string(out), "unit 1 is refused: the plan is for "+cpu.Instructions()) {
		t.Errorf("%v, %s", err, out)
	}
	if out, err := exec.Command(hpaflow, append(args, "--unit", "1", "--set", "batch=3")...).CombinedOutput(); err == nil || !strings.Contains(string(out), "takes 3 records together, and a unit of 4 is no multiple of that") {
		t.Errorf("%v, %s", err, out)
	}
}
