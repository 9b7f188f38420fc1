package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"hpaflow/data/atomicfile"
)

// SavedCheckpoint is a folder that EpochDir or StepDir has named.
type SavedCheckpoint struct {
	Path     string
	Epoch    int   // that it is after, or in the middle of
	Step     int64 // 0 for one after an epoch
	Complete bool  // a run can go on from it; false for what a killed run has left
}

// Checkpoints lists what is saved below dir, in the order of training. There
// is none where there is no dir.
func Checkpoints(dir string) ([]SavedCheckpoint, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var list []SavedCheckpoint
	for _, e := range entries {
		c := SavedCheckpoint{Path: filepath.Join(dir, e.Name())}
		if n, _ := fmt.Sscanf(e.Name(), "epoch_%d.step_%d", &c.Epoch, &c.Step); n == 0 {
			continue
		}
		if c.Path != EpochDir(dir, c.Epoch) && c.Path != StepDir(dir, Position{Epoch: c.Epoch, Step: c.Step}) {
			continue
		}
		_, err := os.Stat(filepath.Join(c.Path, trainingFile))
		c.Complete = err == nil
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b SavedCheckpoint) int {
		if a.Epoch != b.Epoch || a.Step == 0 || b.Step == 0 {
			return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(b.Step, a.Step)) // the end of an epoch comes after its steps
		}
		return cmp.Compare(a.Step, b.Step)
	})
	return list, nil
}

// LatestCheckpoint is the folder of the last complete checkpoint of a whole
// epoch below dir, or "" when there is none, or no dir.
func LatestCheckpoint(dir string) (string, error) {
	return latest(dir, func(c SavedCheckpoint) bool { return c.Step == 0 })
}

// ResumePoint is the folder of the last complete checkpoint below dir, also
// one in the middle of an epoch; "" when there is none, or no dir.
func ResumePoint(dir string) (string, error) {
	return latest(dir, func(SavedCheckpoint) bool { return true })
}

func latest(dir string, wanted func(SavedCheckpoint) bool) (string, error) {
	list, err := Checkpoints(dir)
	for _, c := range slices.Backward(list) {
		if c.Complete && wanted(c) {
			return c.Path, nil
		}
	}
	return "", err
}

// RemoveCheckpoint removes a checkpoint's folder. Killed in between it leaves
// one that is not complete.
func RemoveCheckpoint(path string) error {
	if err := os.Remove(filepath.Join(path, trainingFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return os.RemoveAll(path)
}

// LinkWeights makes the folder dir hold the weights of a checkpoint, as a
// second name of the same file, or a copy where there are no such names. They
// stay when the checkpoint is removed.
func LinkWeights(checkpoint, dir string) error {
	if err := atomicfile.MakeFolder(dir); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := atomicfile.Sweep(atomicfile.OS, dir); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	from, to := filepath.Join(checkpoint, weightsFile), filepath.Join(dir, weightsFile)
	temp := filepath.Join(dir, "."+weightsFile+".link"+atomicfile.Suffix)
	err := os.Link(from, temp)
	if err == nil {
		err = os.Rename(temp, to)
		os.Remove(temp) // there only if both names were of one file already
	}
	if err == nil {
		return nil
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return atomicfile.Write(to, func(w io.Writer) error { _, err := w.Write(b); return err })
}
