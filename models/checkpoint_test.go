package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLatestCheckpointPassesOverIncompleteFolders(t *testing.T) {
	root := t.TempDir()
	if path, err := LatestCheckpoint(filepath.Join(root, "none")); path != "" || err != nil {
		t.Errorf("no folder: %q, %v", path, err)
	}
	c := &Checkpoint{State: State{Weights: []Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}}}
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
		err := SaveCheckpoint(dir, &Checkpoint{State: State{Weights: []Tensor{{Name: "a", Shape: []int{1}, Data: []float32{v}}}}})
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
