package checkpoint

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data/metrics"
	"hpaflow/models"
)

func TestLatestCheckpointPassesOverIncompleteFolders(t *testing.T) {
	root := t.TempDir()
	if path, err := LatestCheckpoint(filepath.Join(root, "none")); path != "" || err != nil {
		t.Errorf("no folder: %q, %v", path, err)
	}
	c := &Checkpoint{State: models.State{Weights: []models.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}}}
	for _, epoch := range []int{2, 9999, 10000} {
		if err := SaveCheckpoint(EpochDir(root, epoch), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{10000, 9999, 2} {
		if path, err := LatestCheckpoint(root); path != EpochDir(root, want) || err != nil {
			t.Errorf("latest is %q, %v, want epoch %d", path, err, want)
		}
		if err := os.Remove(filepath.Join(EpochDir(root, want), trainingFile)); err != nil {
			t.Fatal(err)
		}
	}
	if path, err := LatestCheckpoint(root); path != "" || err != nil {
		t.Errorf("nothing complete: %q, %v", path, err)
	}
}

func TestLoadCheckpointRefusesOtherWeights(t *testing.T) {
	dir := t.TempDir()
	save := func(dir string, v float32) {
		err := SaveCheckpoint(dir, &Checkpoint{State: models.State{Weights: []models.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{v}}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	save(dir, 1)
	other := t.TempDir()
	save(other, 2)
	if err := os.Rename(filepath.Join(other, weightsFile), filepath.Join(dir, weightsFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "belongs to other weights") {
		t.Errorf("error %v", err)
	}
}

// A checkpoint inside an epoch comes after the epochs before and before the
// end of its own.
func TestResumePointIsTheFurthest(t *testing.T) {
	root := t.TempDir()
	c := &Checkpoint{State: models.State{Weights: []models.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}}}
	step := func(epoch int, step int64) string { return StepDir(root, Position{Epoch: epoch, Step: step}) }
	order := []string{EpochDir(root, 8), step(9, 90), step(9, 100), EpochDir(root, 9), step(10, 2_000_000_000)}
	for _, i := range []int{4, 0, 2, 3, 1} {
		if err := SaveCheckpoint(order[i], c); err != nil {
			t.Fatal(err)
		}
	}
	for i := len(order) - 1; i >= 0; i-- {
		if path, err := ResumePoint(root); path != order[i] || err != nil {
			t.Errorf("resume at %s, %v, want %s", path, err, order[i])
		}
		if path, err := LatestCheckpoint(root); i >= 3 && (path != order[3] || err != nil) {
			t.Errorf("latest is %s, %v, want %s", path, err, order[3])
		}
		if err := RemoveCheckpoint(order[i]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunScoreIsTheBestMovingAverage(t *testing.T) {
	var history []EpochScores
	for _, f1 := range []float64{.1, .5, .9, .4, .3} {
		history = append(history, EpochScores{Val: &metrics.Result{MacroF1: f1}, Train: metrics.Result{MacroF1: 1}})
	}
	for window, want := range map[int]float64{1: .9, 2: .7, 3: .6, 10: .44} {
		if got := RunScore(history, window); math.Abs(got-want) > 1e-12 {
			t.Errorf("window %d: %v, want %v", window, got, want)
		}
	}
	if RunScore(nil, 10) != 0 {
		t.Error("no epoch has a score")
	}
	p := Position{History: history}
	if p.Best() != 2 || (&Position{}).Best() != -1 {
		t.Errorf("best is %d", p.Best())
	}
}
