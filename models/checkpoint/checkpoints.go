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
	"strings"

	"hpaflow/data/atomicfile"
)

// SavedCheckpoint is a folder that EpochDir or StepDir has named.
type SavedCheckpoint struct {
	Path     string
	Epoch    int   // that it is after, or in the middle of
	Step     int64 // 0 for one after an epoch
	Weights  bool  // it holds whole weights
	Complete bool  // and the training state: a run can go on from it
	Debris   bool  // it is what a killed run has left of one, and no use to anybody
}

// Name is the folder's, without those it is in.
func (c SavedCheckpoint) Name() string { return filepath.Base(c.Path) }

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
		if info, err := os.Stat(c.Path); err != nil || !info.IsDir() {
			continue
		}
		if err := c.look(); err != nil {
			return nil, fmt.Errorf("checkpoint: %w", err)
		}
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

// InTheWay refuses a folder for checkpoints in which something else has the name
// that a checkpoint, or the weights of the best epoch, would have.
func InTheWay(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		var c SavedCheckpoint
		n, _ := fmt.Sscanf(e.Name(), "epoch_%d.step_%d", &c.Epoch, &c.Step)
		ours := n > 0 && (path == EpochDir(dir, c.Epoch) || path == StepDir(dir, Position{Epoch: c.Epoch, Step: c.Step}))
		if info, err := os.Stat(path); (ours || e.Name() == BestDir) && (err != nil || !info.IsDir()) {
			return fmt.Errorf("checkpoint: %s is no folder, and has the name of one that training makes; move it away, or choose another folder", path)
		}
	}
	return nil
}

// look finds out what a folder holds. The mark that a save or a removal was
// begun tells what these have left from what a person has made of a checkpoint:
// weights whose training state was pruned are no debris.
func (c *SavedCheckpoint) look() error {
	entries, err := os.ReadDir(c.Path)
	if err != nil {
		return err
	}
	holds := map[string]bool{}
	others := false
	for _, e := range entries {
		holds[e.Name()] = true
		others = others || !strings.HasSuffix(e.Name(), atomicfile.Suffix)
	}
	weights, training, begun := holds[weightsFile], holds[trainingFile], holds[begunMark]
	c.Complete = weights && training
	c.Debris = begun && !training || !others
	c.Weights = weights && !c.Debris
	return nil
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

// begunMark is in a checkpoint's folder while it is saved or removed.
const begunMark = ".incomplete"

// mark says that a folder is about to change.
func mark(dir string) error {
	return os.WriteFile(filepath.Join(dir, begunMark), nil, 0o666)
}

// RemoveCheckpoint removes a checkpoint: its files, and the folder if there is
// nothing else in it. Killed in between it leaves debris, which it removes as
// well. What holds neither a checkpoint nor debris is an error, and stays.
func RemoveCheckpoint(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() {
		return fmt.Errorf("checkpoint: %s is no folder, and is left as it is", path)
	}
	if os.Remove(path) == nil { // it was empty
		return nil
	}
	c := SavedCheckpoint{Path: path}
	if err := c.look(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if !c.Complete && !c.Debris {
		return fmt.Errorf("checkpoint: %s is none, and is left as it is", path)
	}
	err = mark(path)
	for _, name := range []string{trainingFile, weightsFile} {
		if err == nil {
			err = removeFile(filepath.Join(path, name))
		}
	}
	if err == nil {
		err = atomicfile.Sweep(atomicfile.OS, path)
	}
	if err == nil {
		err = removeFile(filepath.Join(path, begunMark))
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	os.Remove(path) // which fails if it holds what is not ours
	return nil
}

func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// BestDir is the name of the folder, beside the checkpoints, that holds the
// weights of the best epoch.
const BestDir = "best"

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
