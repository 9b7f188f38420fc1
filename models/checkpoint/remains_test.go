package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/models"
)

// saved is a small checkpoint in the folder of an epoch.
func saved(t *testing.T, root string, epoch int) string {
	t.Helper()
	dir := EpochDir(root, epoch)
	one := models.Tensor{Name: "a", Shape: []int{2}, Data: []float32{1, 2}}
	c := &Checkpoint{State: models.State{Weights: []models.Tensor{one}, Optimizer: []models.Tensor{one}}, Receipt: &Receipt{}}
	if c.Receipt.Path() != "" {
		t.Errorf("it is saved before it is, in %s", c.Receipt.Path())
	}
	if err := SaveCheckpoint(dir, c); err != nil {
		t.Fatal(err)
	}
	if c.Receipt.Path() != dir {
		t.Errorf("it is said to be in %q", c.Receipt.Path())
	}
	return dir
}

func has(dir string, names ...string) bool {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// What a save or a removal that was killed has left is told from what a person
// has made of a checkpoint, at each point where they may have been killed.
func TestDebrisIsToldFromPruned(t *testing.T) {
	for name, c := range map[string]struct {
		change                    func(dir string)
		weights, complete, debris bool
	}{
		"whole":                      {func(string) {}, true, true, false},
		"pruned by a person":         {func(dir string) { os.Remove(filepath.Join(dir, trainingFile)) }, true, false, false},
		"killed before the training": {func(dir string) { mark(dir); os.Remove(filepath.Join(dir, trainingFile)) }, false, false, true},
		"killed before the weights": {func(dir string) {
			mark(dir)
			os.Remove(filepath.Join(dir, trainingFile))
			os.Remove(filepath.Join(dir, weightsFile))
		}, false, false, true},
		"killed before the mark went": {func(dir string) { mark(dir) }, true, true, false},
		"a person's own": {func(dir string) {
			os.Remove(filepath.Join(dir, trainingFile))
			os.Remove(filepath.Join(dir, weightsFile))
			os.WriteFile(filepath.Join(dir, "x"), nil, 0o600)
		}, false, false, false},
	} {
		root := t.TempDir()
		dir := saved(t, root, 3)
		c.change(dir)
		list, err := Checkpoints(root)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v, %v", name, list, err)
		}
		if got := list[0]; got.Weights != c.weights || got.Complete != c.complete || got.Debris != c.debris {
			t.Errorf("%s: %+v", name, got)
		}
		err = RemoveCheckpoint(dir)
		if gone := !has(dir, "."); gone != (c.complete || c.debris) || gone != (err == nil) {
			t.Errorf("%s: removed is %v, %v", name, gone, err)
		}
	}
}

// A removal takes the checkpoint's own files, and leaves others and their folder.
func TestRemovalLeavesOtherFiles(t *testing.T) {
	dir := saved(t, t.TempDir(), 0)
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := RemoveCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	if !has(dir, "notes.txt") || has(dir, weightsFile) || has(dir, trainingFile) || has(dir, begunMark) {
		t.Error("another set of files is left")
	}
}

// Averaging takes weights without training state, and says what is missing in
// epochs that there can be.
func TestLastEpochsTakesWeights(t *testing.T) {
	root := t.TempDir()
	for epoch := range 4 {
		saved(t, root, epoch)
	}
	for _, epoch := range []int{1, 3} {
		if err := os.Remove(filepath.Join(EpochDir(root, epoch), trainingFile)); err != nil {
			t.Fatal(err)
		}
	}
	if paths, end, err := LastEpochs(root, 3, -1); err != nil || end != 3 || len(paths) != 3 || paths[0] != EpochDir(root, 1) {
		t.Errorf("%v to %d, %v", paths, end, err)
	}
	if _, _, err := LastEpochs(root, 5, -1); err == nil || !strings.Contains(err.Error(), "no more than 4 by then") || strings.Contains(err.Error(), "-0") {
		t.Errorf("error %v", err)
	}
}

// Every byte of the training state counts.
func TestSealOfTheTrainingState(t *testing.T) {
	dir := saved(t, t.TempDir(), 0)
	path := filepath.Join(dir, trainingFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		damaged := append([]byte{}, whole...)
		damaged[at] ^= 1
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCheckpoint(dir); err == nil && !harmless(whole, at) {
			t.Errorf("a bit of byte %d, %q, was flipped, and nothing said", at, whole[max(0, at-20):min(at+20, len(whole))])
		}
	}
}

// harmless says that a byte is of the padding behind the header or of the names
// of keys that nobody asks for.
func harmless(file []byte, at int) bool {
	text := string(file)
	format := strings.Index(text, sealKey)
	return text[at] == ' ' || at >= format && at < format+len(sealKey)
}

// What has a checkpoint's name and is no folder is somebody's.
func TestFilesWithTheNamesOfCheckpoints(t *testing.T) {
	root := t.TempDir()
	saved(t, root, 0)
	if err := InTheWay(root); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"epoch_0001", "epoch_0002.step_000000003", BestDir} {
		path := filepath.Join(root, name)
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := InTheWay(root); err == nil || !strings.Contains(err.Error(), name+" is no folder") {
			t.Errorf("%s: %v", name, err)
		}
		if err := RemoveCheckpoint(path); err == nil || !has(root, name) {
			t.Errorf("%s was removed: %v", name, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
