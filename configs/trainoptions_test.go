package configs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hpaflow/data/cells/cellstest"
	"hpaflow/flow"
	"hpaflow/models/network"
)

// tiny makes a small network known, whose checkpoints are written in no time.
var tiny = sync.OnceFunc(func() { network.Add(network.ResNet("tiny", 8, [4]int{1, 1, 1, 1})) })

// A run that no epoch improves for so many ends then, is complete, and goes on
// where it is told to wait longer. With a rate of next to nothing all but the
// first epochs score the same.
func TestTrainStopsEarly(t *testing.T) {
	tiny()
	images, split := cellstest.TrainingSet(t, 4, 2)
	out := t.TempDir()
	sets := []string{"images=" + images, "table=" + split, "out=" + out, "model=tiny", "size=32", "batch=2", "epochs=12", "lr=1e-9"}
	stopped := func(after int) (notes string) {
		t.Helper()
		notes, err := notesOf(t, "train.flow", append(sets, fmt.Sprint("stop_after=", after))...)
		p := lastPosition(t, out)
		if want := p.Best() + 1 + after; err != nil || p.Epoch != want || want >= 12 {
			t.Fatalf("%d epochs are done, want %d; notes %q, %v", p.Epoch, want, notes, err)
		}
		if want := fmt.Sprintf("stopped after epoch %d: in %d epochs none had a better macro F1 than epoch %d", p.Epoch-1, after, p.Best()); !strings.Contains(notes, want) {
			t.Errorf("notes %q, want %q", notes, want)
		}
		return notes
	}
	stopped(2)
	scores, before := mustRead(t, filepath.Join(out, "metrics.csv")), treeDigests(t, filepath.Join(out, "checkpoint"))
	if notes := stopped(2); strings.Contains(notes, "going on") {
		t.Errorf("again: notes %q", notes)
	}
	if after := treeDigests(t, filepath.Join(out, "checkpoint")); !maps.Equal(before, after) || !bytes.Equal(mustRead(t, filepath.Join(out, "metrics.csv")), scores) {
		t.Error("again: the run's files are others")
	}
	if notes := stopped(3); !strings.Contains(notes, "going on") {
		t.Errorf("waiting longer: notes %q", notes)
	}
}

// What changes the weights is part of what a run goes on with, by name, and what
// cannot be is refused before there is any work.
func TestTrainOptionsAreChecked(t *testing.T) {
	tiny()
	images, split := cellstest.TrainingSet(t, 4, 2)
	out := t.TempDir()
	sets := []string{"images=" + images, "table=" + split, "out=" + out, "model=tiny", "size=32", "batch=2", "epochs=3"}
	mustRun(t, "train.flow", flow.Options{}, append(sets, "until=1")...)
	_, err := build("train.flow", flow.Options{}, append(sets, "label_smoothing=0.1", "clip_norm=1", "warmup=2", "mixup=0.2", "cutmix=1", "balance=true", "ema=0.9")...)
	saysAll(t, "other options", err, "it is of another run", "label_smoothing is 0, not 0.1", "clip_norm is 0, not 1", "ema is 0, not 0.9", "schedule warmup is 0, not 2",
		"train mixup: was none, and is 0.2", "train cutmix: was none, and is 1", "train balance: was none, and is by the rarest label")
	_, err = build("swa.flow", flow.Options{}, append(sets[:2:2], "run="+out, "model=tiny", "size=32", "batch=2", "last=1", "freeze=1")...)
	saysAll(t, "averaging with other stages frozen", err, "epoch_0000 was trained with freeze = 0", "not with 1")
	for set, want := range map[string]string{
		"label_smoothing=1": "label_smoothing",
		"clip_norm=-1":      "clip_norm",
		"warmup=3":          "is 3 of 3 epochs",
		"warmup_lr=1":       "warmup_lr",
		"stop_after=-1":     "stop_after",
		"mixup=-0.1":        "mixup",
		"cutmix=101":        "cutmix",
		"ema=1":             "ema",
		"freeze=1":          "would keep random weights",
		"freeze=6":          "6 stages are to be frozen, and tiny has 5: want 0 to 5",
		"balance=true":      "draws the samples of an epoch from all of them",
	} {
		all := append(sets, set, "out="+t.TempDir())
		switch set {
		case "warmup_lr=1":
			all = append(all, "warmup=1")
		case "balance=true":
			all = append(all, "shuffle=false")
		}
		_, err := build("train.flow", flow.Options{}, all...)
		saysAll(t, set, err, want)
	}
}

// A run with all that draws at random and all that changes a step is stopped
// inside an epoch and goes on, with another number of workers, and ends with the
// bits of one that never was.
func TestTrainOptionsGoOn(t *testing.T) {
	tiny()
	images, split := cellstest.TrainingSet(t, 6, 2)
	sets := []string{"images=" + images, "table=" + split, "model=tiny", "size=32", "batch=2", "epochs=2", "accumulate=2", "norm=per_image",
		"warmup=1", "label_smoothing=0.1", "clip_norm=0.5", "mixup=0.3", "cutmix=1", "balance=true", "ema=0.8"}
	whole, stopped := t.TempDir(), t.TempDir()
	mustRun(t, "train.flow", flow.Options{Workers: 1}, append(sets, "out="+whole)...)

	g, err := build("train.flow", flow.Options{Workers: 3}, append(sets, "out="+stopped, "save_every=1ns")...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	g.OnEnd(stop)
	go func() {
		for ctx.Err() == nil { // until there is a checkpoint inside the second epoch
			if found, _ := filepath.Glob(filepath.Join(stopped, "checkpoint", "epoch_0001.step_*")); len(found) > 0 {
				stop()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := g.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("it was to be stopped: %v", err)
	}
	if p := lastPosition(t, stopped); p.Epoch != 1 || p.Records == 0 || p.Records == 6 {
		t.Fatalf("it was stopped after %d epochs and %d records", p.Epoch, p.Records)
	}
	mustRun(t, "train.flow", flow.Options{Workers: 2}, append(sets, "out="+stopped)...)
	if a, b := lastPosition(t, whole).Sequence, lastPosition(t, stopped).Sequence; a != b {
		t.Errorf("trained on %s, want %s", b, a)
	}
	for _, name := range []string{"metrics.csv", "checkpoint/epoch_0001/weights.safetensors", "checkpoint/best/weights.safetensors"} {
		if !bytes.Equal(mustRead(t, filepath.Join(whole, name)), mustRead(t, filepath.Join(stopped, name))) {
			t.Errorf("%s is not that of a run that was never stopped", name)
		}
	}
}
