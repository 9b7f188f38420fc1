package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/models"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// WeightsNames are those that a file of weights has in a checkpoint's folder, or in
// a run's.
var WeightsNames = []string{weightsFile, "best/" + weightsFile, "checkpoint/best/" + weightsFile}

// FindWeights is the file of weights that a path means: the file itself, that
// of a checkpoint's folder, or that of a run's best epoch where the path is a
// run's folder. What follows a # stays: it chooses among a file's state dicts.
func FindWeights(path string) (string, error) {
	folder, where := statedict.SplitPath(path)
	info, err := os.Stat(folder)
	if err != nil {
		return "", fmt.Errorf("weights: %w", err)
	}
	if !info.IsDir() {
		return path, nil
	}
	places := []string{folder, filepath.Join(folder, BestDir), filepath.Join(folder, "checkpoint", BestDir)}
	for _, dir := range places {
		if file := WeightsFile(dir); exists(file) {
			return strings.TrimSuffix(file+"#"+where, "#"), nil
		}
	}
	return "", fmt.Errorf("weights: %s holds no %s; nor does checkpoint/best below it", folder, weightsFile)
}

// LoadWeights reads a state dict from what FindWeights finds, in any format
// that package statedict knows. Names are as the file has them, but for what
// statedict.Load tidies.
func LoadWeights(path string) ([]models.Tensor, error) {
	file, err := FindWeights(path)
	if err != nil {
		return nil, err
	}
	return statedict.Load(file)
}

// WeightsFor reads from what FindWeights finds the weights of the network of
// some options, under its names. The note says which they are where there was a
// choice; a file that holds none is an error that says what it lacks. With
// heads, layers that give the logits must be there and of the right shape;
// without, they may lack.
func WeightsFor(path string, o models.Options, heads bool) (weights []models.Tensor, note string, err error) {
	file, err := FindWeights(path)
	if err != nil {
		return nil, "", err
	}
	f, err := statedict.Open(file)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	want, names, err := wanted(o, heads)
	if err != nil {
		return nil, "", err
	}
	weights, note, err = f.For(want, names)
	var endless *statedict.NotFiniteError
	if errors.As(err, &endless) {
		return nil, "", fmt.Errorf("weights: %s: %w", path, err)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s is of another network than %s: %w", path, o.Model, err)
	}
	var said []string
	if path != f.Path && !strings.HasPrefix(path, f.Path+"#") && filepath.Dir(f.Path) != filepath.Clean(path) {
		said = append(said, f.Path)
	}
	if note != "" {
		said = append(said, note)
	}
	return weights, strings.Join(said, ": "), nil
}

// CheckWeights says why what FindWeights finds does not hold the weights of the
// network of some options, its heads included, without reading their values.
func CheckWeights(path string, o models.Options) error {
	file, err := FindWeights(path)
	if err != nil {
		return err
	}
	f, err := statedict.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	want, names, err := wanted(o, true)
	if err != nil {
		return err
	}
	if err := f.Fits(want, names); err != nil {
		return fmt.Errorf("%s is of another network than %s: %w", path, o.Model, err)
	}
	return nil
}

// wanted are the tensors of the network of some options, with the names they go
// by elsewhere: to predict with, heads included, or to begin training with.
func wanted(o models.Options, heads bool) ([]models.Tensor, statedict.Names, error) {
	o.EnsureDefaults()
	outline, err := network.Sketch(o.Model, o.Channels, 0, 0, o.Classes, !heads)
	if err != nil {
		return nil, statedict.Names{}, err
	}
	names := network.ByName(o.Model).Names
	if heads {
		names = names.Whole()
	}
	return outline.Tensors, names, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// SaveWeights writes weights alone to the folder dir, atomically, with what is
// known of the images that they are for.
func SaveWeights(dir string, weights []models.Tensor, in Inputs) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := atomicfile.Sweep(atomicfile.OS, dir); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return atomicfile.Write(filepath.Join(dir, weightsFile), func(w io.Writer) error {
		return statedict.Write(w, weights, in.metadata())
	})
}

// WeightsFile is the file of weights in a checkpoint's folder.
func WeightsFile(dir string) string { return filepath.Join(dir, weightsFile) }
