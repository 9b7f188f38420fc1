package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
)

// What stands under the names of a training's files, and no training has made,
// is refused before there is work, and stays.
func TestTrainingKeepsForeignFiles(t *testing.T) {
	if raced {
		t.Skip("trains")
	}
	hpaflow := program(t)
	images, split := cellstest.TrainingSet(t, 12, 4)
	for _, name := range []string{
		"metrics.csv", "run.json", "run.flow", "report.html", "curves.png", "tensorboard/events.out.tfevents.hpaflow",
		"checkpoint/best/weights.safetensors", "checkpoint/best", "checkpoint/epoch_0000", "checkpoint/epoch_0001.step_000000001",
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			before := map[string]string{name: "mine, and of no use to anybody else"}
			foldertest.Fill(t, out, before)
			text, err := exec.Command(hpaflow, "run", "../../configs/train.flow", "--progress", "plain", "--set", "images="+images,
				"--set", "table="+split, "--set", "size=32", "--set", "batch=4", "--set", "epochs=1", "--set", "out="+out).CombinedOutput()
			if err == nil || !strings.Contains(string(text), "move") || !strings.Contains(string(text), strings.Split(name, "/")[0]) {
				t.Errorf("%v\n%s", err, text)
			}
			if b, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(b) != before[name] {
				t.Errorf("it is %q now, %v", b, err)
			}
			if saved, err := filepath.Glob(filepath.Join(out, "checkpoint", "epoch_*", "weights.safetensors")); err != nil || len(saved) > 0 {
				t.Errorf("it has trained: %v, %v", saved, err)
			}
		})
	}
}
