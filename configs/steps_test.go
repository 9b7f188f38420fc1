package configs_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/ops"
	"hpaflow/sinks"
	"hpaflow/sources"
)

// steps gives the steps of a file and of the files it runs, down to flows that
// are no steps: the files, with what is set.
func steps(t *testing.T, file string, sets []string) []lang.Step {
	t.Helper()
	reg := &component.Registry{}
	sources.Register(reg, strings.NewReader(""))
	ops.Register(reg)
	sinks.Register(reg, io.Discard)
	f, faults := lang.Read(file)
	if faults != nil {
		t.Fatal(faults)
	}
	plan, faults := f.Plan(sets, reg)
	if faults != nil {
		t.Fatal(faults)
	}
	if len(plan.Steps) == 0 {
		return []lang.Step{{File: file, Sets: sets}}
	}
	var all []lang.Step
	for _, s := range plan.Steps {
		all = append(all, steps(t, s.File, s.Sets)...)
	}
	return all
}

// TestEnsembleIsThePublishedOne: seven networks, of the published sizes and
// epochs, whose averaged weights have the published names.
func TestEnsembleIsThePublishedOne(t *testing.T) {
	all := steps(t, "ensemble.flow", nil)
	var trained, weights []string
	for _, s := range all {
		value := func(name string) string {
			for _, set := range s.Sets {
				if v, ok := strings.CutPrefix(set, name+"="); ok {
					return v
				}
			}
			t.Fatalf("%s: %s is not set: %q", s.File, name, s.Sets)
			return ""
		}
		switch s.File {
		case "train.flow":
			trained = append(trained, strings.Join([]string{value("model"), value("size"), value("batch"), value("accumulate"), value("epochs"), value("norm"), value("policy"), value("table")}, " "))
		case "infer.flow":
			if value("split") == "" {
				weights = append(weights, value("weights"))
			}
		case "submit.flow":
			if value("weights") != "0.2,0.2,0.2,0.2,0.2,1,1" || value("leaks") != "data/leak.csv,data/data_leak.ahash.csv,data/data_leak.phash.csv" {
				t.Errorf("submitted with %q", s.Sets)
			}
			for _, split := range []string{"test_val", "test"} {
				for i, table := range strings.Split(value(split), ",") {
					name := strings.TrimPrefix(strings.Split(weights[i], "/checkpoint/")[0], "results/")
					if want := "inferences/" + name + "." + split + ".csv.zst"; table != want {
						t.Errorf("table %d is %s, want %s", i, table, want)
					}
				}
			}
		}
	}
	want := []string{}
	wantWeights := []string{}
	for _, k := range []string{"0", "1", "2", "3", "4"} {
		want = append(want, "resnet34 512 32 1 41 fixed best data/split.stratified."+k+".csv")
		wantWeights = append(wantWeights, "results/resnet34."+k+".policy/checkpoint/swa.10.040")
	}
	want = append(want, "inception_v3 1024 24 2 28 per_image best data/split.stratified.0.csv", "se_resnext50 1024 8 4 23 per_image best data/split.stratified.0.csv")
	wantWeights = append(wantWeights, "results/inceptionv3.attention.policy.per_image_norm.1024/checkpoint/swa.10.027",
		"results/se_resnext50.attention.policy.per_image_norm.1024/checkpoint/swa.10.022")
	if !slices.Equal(trained, want) {
		t.Errorf("trained\n%s\nwant\n%s", strings.Join(trained, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(weights, wantWeights) {
		t.Errorf("predicts with\n%s\nwant\n%s", strings.Join(weights, "\n"), strings.Join(wantWeights, "\n"))
	}
	if last := all[len(all)-1]; last.File != "submit.flow" || len(all) != 7*4+1 {
		t.Errorf("%d flows, the last %s", len(all), last.File)
	}
}

func TestDemoGoesThroughTheWorkflow(t *testing.T) {
	var files []string
	for _, s := range steps(t, "demo.flow", nil) {
		if len(files) == 0 || files[len(files)-1] != s.File {
			files = append(files, s.File)
		}
	}
	want := []string{"cells.flow", "rgby-shards.flow", "duplicates.flow", "leak.flow", "split.flow", "search.flow",
		"train.flow", "swa.flow", "infer.flow", "train.flow", "swa.flow", "infer.flow", "submit.flow", "score.flow"}
	if !slices.Equal(files, want) {
		t.Errorf("runs %v, want %v", files, want)
	}
}

// TestAveragesOfEpochsThereAre: steps that would average more epochs than they
// train are refused before the first of them, in every file that has them.
func TestAveragesOfEpochsThereAre(t *testing.T) {
	reg := &component.Registry{}
	sources.Register(reg, strings.NewReader(""))
	ops.Register(reg)
	sinks.Register(reg, io.Discard)
	for file, sets := range map[string][]string{
		"network.flow":  {"name=a", "epochs=4"},
		"resnet34.flow": {"epochs=4"},
		"ensemble.flow": {"epochs_resnet34=4"},
	} {
		f, faults := lang.Read(file)
		if faults != nil {
			t.Fatal(faults)
		}
		_, faults = f.Plan(sets, reg)
		text := faults.Error()
		if !strings.Contains(text, "swa.flow:") || !strings.Contains(text, "last: is 10, but up to epoch 3, counted from 0, there are 4") {
			t.Errorf("%s: %q", file, text)
		}
		if _, faults = f.Plan(append(sets, "last=4"), reg); file != "ensemble.flow" && faults != nil {
			t.Errorf("%s with last=4: %v", file, faults)
		}
	}
}
