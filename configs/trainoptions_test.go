package configs_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data/cells/cellstest"
	"hpaflow/flow"
)

// A run that none of its epochs improves ends after so many, is complete then,
// and goes on where it is told to wait longer. With a rate of next to nothing all
// epochs score the same.
func TestTrainStopsEarly(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	out := t.TempDir()
	sets := []string{"images=" + images, "table=" + split, "out=" + out, "size=32", "batch=2", "epochs=9", "lr=1e-9"}
	notes, err := notesOf(t, "train.flow", append(sets, "stop_after=2")...)
	if err != nil || !strings.Contains(notes, "stopped after epoch 2: in 2 epochs none had a better macro F1 than epoch 0") {
		t.Fatalf("notes %q, %v", notes, err)
	}
	if p := lastPosition(t, out); p.Epoch != 3 || len(p.History) != 3 {
		t.Errorf("%d epochs are done", p.Epoch)
	}
	scores := mustRead(t, filepath.Join(out, "metrics.csv"))
	before := treeDigests(t, filepath.Join(out, "checkpoint"))
	notes, err = notesOf(t, "train.flow", append(sets, "stop_after=2")...)
	if err != nil || !strings.Contains(notes, "stopped after epoch 2") || strings.Contains(notes, "going on") {
		t.Errorf("again: notes %q, %v", notes, err)
	}
	for name, digest := range treeDigests(t, filepath.Join(out, "checkpoint")) {
		if before[name] != digest {
			t.Errorf("again: %s is another", name)
		}
	}
	if !bytes.Equal(mustRead(t, filepath.Join(out, "metrics.csv")), scores) {
		t.Error("again: metrics.csv is another")
	}
	notes, err = notesOf(t, "train.flow", append(sets, "stop_after=3")...)
	if err != nil || !strings.Contains(notes, "stopped after epoch 3: in 3 epochs") || lastPosition(t, out).Epoch != 4 {
		t.Errorf("waiting longer: notes %q, %v", notes, err)
	}
}

// What changes the weights is part of what a run goes on with, by name, and what
// cannot be is refused before there is any work.
func TestTrainOptionsAreChecked(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	out := t.TempDir()
	sets := []string{"images=" + images, "table=" + split, "out=" + out, "size=32", "batch=2", "epochs=3"}
	mustRun(t, "train.flow", flow.Options{}, append(sets, "until=1")...)
	for set, want := range map[string]string{
		"label_smoothing=0.1": "label_smoothing is 0, not 0.1",
		"clip_norm=1":         "clip_norm is 0, not 1",
		"warmup=2":            "schedule warmup is 0, not 2",
	} {
		_, err := build("train.flow", flow.Options{}, append(sets, set)...)
		saysAll(t, set, err, "it is of another run", want)
	}
	for set, want := range map[string]string{
		"label_smoothing=1": "label_smoothing",
		"clip_norm=-1":      "clip_norm",
		"warmup=3":          "is 3 of 3 epochs",
		"warmup_lr=1":       "warmup_lr",
		"stop_after=-1":     "stop_after",
	} {
		all := append(sets, set, "out="+t.TempDir())
		if set == "warmup_lr=1" {
			all = append(all, "warmup=1")
		}
		_, err := build("train.flow", flow.Options{}, all...)
		saysAll(t, set, err, want)
	}
}
