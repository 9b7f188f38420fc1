package main

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEnsemble goes the published way at the smallest size: made-up data, then
// ensemble.flow, whose seven networks end in a submission. A second run works
// on nothing and leaves every file alone. Without one network's run, and
// without one table of another, only these are made again, and the same.
func TestEnsemble(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("trains seven networks")
	}
	configs, err := filepath.Abs("../../configs")
	if err != nil {
		t.Fatal(err)
	}
	hpaflow, dir := program(t), t.TempDir()
	run := func(config string, sets ...string) string {
		t.Helper()
		args := []string{"run", "--progress", "plain", filepath.Join(configs, config)}
		cmd, stderr := exec.Command(hpaflow, append(args, setWords(sets...)...)...), bytes.Buffer{}
		cmd.Dir, cmd.Stderr = dir, &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s", config, err, stderr.Bytes())
		}
		return stderr.String()
	}
	layOut(run, "size=75", "leaks=0.3", "duplicates=0.3")
	ensemble := func() []string {
		t.Helper()
		return worked(run("ensemble.flow", "last=1",
			"size_resnet34=32", "batch_resnet34=8", "epochs_resnet34=1",
			"size_inceptionv3=75", "batch_inceptionv3=8", "epochs_inceptionv3=1",
			"size_se_resnext50=32", "batch_se_resnext50=8", "epochs_se_resnext50=1"))
	}

	var all []string
	for _, network := range []string{"resnet34_0", "resnet34_1", "resnet34_2", "resnet34_3", "resnet34_4", "inceptionv3", "se_resnext50"} {
		for _, step := range []string{"train", "average", "test_val", "test"} {
			all = append(all, network+" "+step)
		}
	}
	if got := ensemble(); !slices.Equal(got, append(all, "submit")) {
		t.Errorf("the first run worked on %q", got)
	}
	wanted := strings.Count(readText(t, dir, "data/sample_submission.csv"), "\n")
	for _, name := range []string{"submission.csv", "submission.csv.leak.csv"} {
		if rows := strings.Count(readText(t, dir, "submissions/"+name), "\n"); rows != wanted || rows != 5 {
			t.Errorf("%s has %d lines, want %d", name, rows, wanted)
		}
	}

	before := modified(t, dir)
	if got := ensemble(); !slices.Equal(got, []string{"submit"}) {
		t.Errorf("the second run worked on %q", got)
	}
	if after := modified(t, dir); !maps.Equal(before, after) {
		t.Errorf("the second run wrote %q", changed(before, after))
	}

	const weights = "results/resnet34.3.policy/checkpoint/swa.1.000/weights.safetensors"
	const table = "inferences/inceptionv3.attention.policy.per_image_norm.1024.test.csv.zst"
	wasWeights, wasTable := readText(t, dir, weights), readText(t, dir, table)
	if err := os.RemoveAll(filepath.Join(dir, "results/resnet34.3.policy")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, table)); err != nil {
		t.Fatal(err)
	}
	if got, want := ensemble(), []string{"resnet34_3 train", "resnet34_3 average", "inceptionv3 test", "submit"}; !slices.Equal(got, want) {
		t.Errorf("without a network's run and a table, %q were worked on, want %q", got, want)
	}
	if readText(t, dir, weights) != wasWeights || readText(t, dir, table) != wasTable {
		t.Error("what was made again is not the same")
	}
	for _, name := range changed(before, modified(t, dir)) {
		if !strings.HasPrefix(name, "results/resnet34.3.policy/") && !strings.HasPrefix(name, table) {
			t.Errorf("%s does not follow from what was missing, and was written", name)
		}
	}
}

// layOut makes up the data of the published way by what runs a config, and prepares it
// up to its split.
func layOut(run func(config string, sets ...string) string, cells ...string) {
	run("cells.flow", append(cells, "train=24", "external=4", "test=4")...)
	for _, set := range []string{"train", "external", "test"} {
		run("rgby.flow", "input=data/raw/"+set, "output=data/rgby/"+set)
	}
	for _, config := range []string{"duplicates.flow", "leak.flow", "split.flow"} {
		run(config)
	}
}

// setWords are the words that set variables, each NAME=VALUE.
func setWords(sets ...string) (words []string) {
	for _, set := range sets {
		words = append(words, "--set", set)
	}
	return words
}

// worked are the steps that a run of ensemble.flow had something to do for:
// "NETWORK STEP", or "submit".
func worked(stderr string) []string {
	header := regexp.MustCompile(`^ensemble, step \d of 8: (\w+)(?:; network, step \d of 4: (\w+))?\n`)
	var steps []string
	for _, part := range strings.Split(stderr, "\n\n") {
		part = strings.TrimPrefix(part, "\n")
		name := header.FindStringSubmatch(part)
		if name != nil && !strings.Contains(part, "nothing to do") {
			steps = append(steps, strings.TrimSpace(name[1]+" "+name[2]))
		}
	}
	return steps
}

// modified are the times of all files below a folder.
func modified(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		slashed := filepath.ToSlash(path)
		if err == nil && !strings.HasSuffix(slashed, ".run/seen") && !strings.Contains(slashed, ".run/steps/") { // times of files, which save work
			name, _ := filepath.Rel(dir, path)
			all[filepath.ToSlash(name)] = info.ModTime()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// changed are the files that are new, gone or of another time.
func changed(before, after map[string]time.Time) []string {
	names := map[string]bool{}
	for name, at := range after {
		if !before[name].Equal(at) {
			names[name] = true
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func readText(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
