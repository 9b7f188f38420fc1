package export

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// Given is what flags say; empty values are not given.
type Given struct {
	Model, Norm        string
	Classes, Channels  int
	Size, Attention    int
	Labels, Thresholds string // files
}

// Facts are what is known of some weights.
type Facts struct {
	From     string // file of the weights
	Note     string // which they are, where there was a choice
	Run      string // folder of the run, where they are of one
	Network  models.Options
	Norm     data.Norm
	Size     int // pixels a side that it was trained on; 0: not known
	Labels   data.Names
	Weights  []models.Tensor
	Decide   []float64 // threshold of each label; nil: not known
	Position *checkpoint.Position
}

// Look finds out what weights are: by flags, and by the training run that they are
// of. path is a file, a checkpoint's folder or a run's.
func Look(path string, g Given) (*Facts, error) {
	file, err := checkpoint.FindWeights(path)
	if err != nil {
		return nil, err
	}
	f := &Facts{Norm: data.Norm(g.Norm), Size: g.Size}
	f.From, _ = statedict.SplitPath(file)
	if f.Position, err = checkpoint.PositionNear(f.From); err != nil {
		return nil, err
	}
	o := models.Options{Model: g.Model, Classes: g.Classes, Channels: g.Channels, AttentionSize: g.Attention}
	if f.Position != nil {
		s := f.Position.Settings
		f.Run = filepath.Dir(filepath.Dir(filepath.Dir(f.From)))
		for _, fill := range []struct {
			to   *int
			from int
		}{{&o.Classes, s.Classes}, {&o.Channels, s.Shape[1]}, {&o.AttentionSize, s.Attention[0]}, {&f.Size, s.Shape[2]}} {
			if *fill.to == 0 {
				*fill.to = fill.from
			}
		}
		if o.Model == "" {
			o.Model = s.Model
		}
	}
	if f.Norm == "" {
		f.Norm = checkpoint.InputsOf(path).Norm
	}
	if o.Model == "" {
		return nil, fmt.Errorf("%s is in no training run's folder, which would say what network it is of: give --model, one of %s", f.From, strings.Join(network.Names(), ", "))
	}
	if network.ByName(o.Model) == nil {
		return nil, fmt.Errorf("--model is %q, want one of %s", o.Model, strings.Join(network.Names(), ", "))
	}
	if f.Norm == "" {
		f.Norm = data.NormFixed
	}
	o.EnsureDefaults()
	f.Network = o
	if err := f.read(path); err != nil {
		return nil, err
	}
	if f.Labels, err = data.ReadNames(g.Labels, o.Classes); err != nil {
		return nil, err
	}
	if g.Thresholds != "" {
		f.Decide, err = readThresholds(g.Thresholds, o.Classes)
	}
	return f, err
}

// read reads the weights, those of the network alone and under its names. The planes
// are those that the weights are for.
func (f *Facts) read(path string) error {
	o := f.Network
	weights, note, err := checkpoint.WeightsFor(path, o, true)
	if err != nil {
		return err
	}
	outline, err := network.Sketch(o.Model, o.Channels, 0, 0, o.Classes, false)
	if err != nil {
		return err
	}
	for i := range outline.Tensors {
		size := 1
		for _, d := range outline.Tensors[i].Shape {
			size *= d
		}
		outline.Tensors[i].Data = make([]float32, size)
	}
	names := network.ByName(o.Model).Names
	names.Head, names.Stem = nil, ""
	if f.Weights, _, err = statedict.Fit(outline.Tensors, weights, names); err != nil {
		return fmt.Errorf("%s, for %d planes and %d labels: %w", path, o.Channels, o.Classes, err)
	}
	f.Note = note
	return nil
}

// needsSize says that the network's result depends on the size of images beyond
// what the file can say: its attention head looks at a grid of another size than
// that of the features.
func (f *Facts) needsSize() bool { return f.Network.AttentionSize != 0 }

var errNoSize = errors.New("the attention head looks at a grid of its own, so that the file is for one size of images: give --size, pixels a side")
