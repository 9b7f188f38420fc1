package subcell

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// Model is a folder that was looked through.
type Model struct {
	Shape   network.SubCell
	Letters string // of its channels, in the network's order; empty: the folder does not tell

	config      string
	encoder     string
	classifiers []string
}

// Open looks through a folder: its config, and whether the files that it names
// hold the tensors of the network that it speaks of. All faults are reported.
func Open(dir string) (*Model, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("weights: there is no folder %q; it holds %s, an encoder and classifiers", dir, ConfigName)
	}
	m := &Model{config: filepath.Join(dir, ConfigName)}
	c, err := readConfig(m.config)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if m.Shape, err = c.shape(); err != nil {
		return nil, fmt.Errorf("weights: %s: %w", m.config, err)
	}
	m.Letters = c.letters(dir)
	var errs []error
	find := func(p string) string {
		file, err := findFile(dir, p)
		errs = append(errs, err)
		return file
	}
	m.encoder = find(c.Encoder)
	for _, p := range c.Classifiers {
		m.classifiers = append(m.classifiers, find(p))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("weights: %s: %w", m.config, err)
	}
	return m, m.each(func(f *statedict.File, want []statedict.Tensor, _ string) error {
		if err := f.Fits(want, network.SubCellNames); err != nil {
			return fmt.Errorf("weights: %s does not hold what %s speaks of: %w", f.Path, ConfigName, err)
		}
		return nil
	})
}

// findFile looks for a file that the config names: its paths are from the root
// of SubCell's own tool, of which the folder may be all there is.
func findFile(dir, name string) (string, error) {
	slashed := filepath.ToSlash(name)
	for _, place := range []string{filepath.Join(dir, filepath.FromSlash(path.Base(slashed))), filepath.Join(dir, filepath.FromSlash(slashed))} {
		if info, err := os.Stat(place); err == nil && info.Mode().IsRegular() {
			return place, nil
		}
	}
	return "", fmt.Errorf("%s is not in the folder", path.Base(slashed))
}

// Files are all that results follow from.
func (m *Model) Files() []string { return append([]string{m.config, m.encoder}, m.classifiers...) }

// Load reads the weights, under the network's names.
func (m *Model) Load() (tensors []statedict.Tensor, err error) {
	return tensors, m.each(func(f *statedict.File, want []statedict.Tensor, prefix string) error {
		read, _, err := f.For(want, network.SubCellNames)
		if err != nil {
			return fmt.Errorf("weights: %s: %w", f.Path, err)
		}
		byName := map[string][]float32{}
		for _, t := range read {
			byName[t.Name] = t.Data
		}
		for _, w := range want { // they fit, under one of their names
			for _, name := range append(network.SubCellNames.Aliases(w.Name), w.Name) {
				if values, there := byName[name]; there {
					w.Data = values
				}
			}
			w.Name = prefix + w.Name
			tensors = append(tensors, w)
		}
		return nil
	})
}

// each opens the encoder and the classifiers one after the other, with the
// tensors that are wanted of each and what stands before their names.
func (m *Model) each(do func(f *statedict.File, want []statedict.Tensor, prefix string) error) error {
	all := m.Shape.Outline(m.Shape.Image, m.Shape.Image).Tensors
	var errs []error
	for i, path := range append([]string{m.encoder}, m.classifiers...) {
		prefix := ""
		if i > 0 {
			prefix = network.ClassifierPrefix(i - 1)
		}
		var want []statedict.Tensor
		for _, t := range all {
			rest, of := strings.CutPrefix(t.Name, prefix)
			if of && (i > 0 || !strings.HasPrefix(t.Name, "classifiers.")) {
				want = append(want, statedict.Tensor{Name: rest, Shape: slices.Clone(t.Shape)})
			}
		}
		f, err := statedict.Open(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, do(f, want, prefix), f.Close())
	}
	return errors.Join(errs...)
}
