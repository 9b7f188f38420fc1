package models

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/network"
)

// Options describe a network and how it is trained. The zero value of a field
// means its default; EnsureDefaults fills them in.
type Options struct {
	// Model is one of network.Names(). Default: resnet18.
	Model string

	// Channels is the number of planes of an image, Classes of logits a
	// sample. Defaults: 4 and 28.
	Channels, Classes int

	// Height and Width of the images in pixels. No default.
	Height, Width int

	// AttentionSize is the side of the grid of features that an attention
	// head looks at, and AuxAttentionSize that of an auxiliary one; features
	// of another width are brought to it by averages. 0 is the width that
	// features have. The published runs at 1024 px: 30 and 62 for
	// inception_v3, 32 for se_resnext50. Networks without such heads have no
	// use for them.
	AttentionSize, AuxAttentionSize int

	// Batch is the most samples a call to Train or Predict brings; memory is
	// set aside for so many. Default: 32.
	Batch int

	// Loss is focal or bce. Default: focal, with gamma 2.
	Loss string

	// Optimizer is what steps the parameters.
	Optimizer OptimizerOptions

	// Accumulate is how many batches' gradients are summed for one step of
	// the optimiser. What is left at an epoch's end is a step of its own
	// (Device.Flush), so that no group crosses the border. Default: 1.
	Accumulate int

	// ClipNorm scales the gradients of a step down to this L2 norm, of all
	// parameters together, where theirs is larger, as
	// torch.nn.utils.clip_grad_norm_ does: by ClipNorm/(norm+1e-6). Sums of
	// several batches are clipped as such. 0: never.
	ClipNorm float64

	// EMA keeps an exponential moving average of the weights: after each step of
	// the optimiser, all tensors of the average, batch norm's statistics
	// included, move by 1-EMA towards the network's, as those of timm's
	// ModelEmaV3 do. The average begins as what the training begins with. It is
	// what Predict computes with and what State.Weights are; the weights that
	// are trained are kept beside the optimiser's moments. 0: none.
	EMA float64

	// Freeze is how many stages of the network stay as they are, from the image
	// on (network.Network.Stages): their parameters have no gradient, and their
	// batch norms stay in evaluation mode, as timm.utils.freeze leaves them. 0:
	// none.
	Freeze int

	// Seed is what the initial weights are drawn from, each tensor from the
	// seed and its name.
	Seed uint64
}

// Losses lists the loss functions by name.
func Losses() []string { return []string{"focal", "bce"} }

// EnsureDefaults fills in what was left zero.
func (o *Options) EnsureDefaults() {
	orString(&o.Model, "resnet18")
	orString(&o.Loss, "focal")
	orInt(&o.Channels, len(data.Colours))
	orInt(&o.Classes, len(data.LabelNames))
	orInt(&o.Batch, 32)
	orInt(&o.Accumulate, 1)
	o.Optimizer.EnsureDefaults()
}

// Validate reports all that is wrong with the options, after EnsureDefaults.
func (o *Options) Validate() error {
	errs := []error{
		oneOf("model", o.Model, network.Names()),
		oneOf("loss", o.Loss, Losses()),
		o.Optimizer.Validate(),
	}
	for _, f := range []struct {
		name  string
		value int
	}{
		{"channels", o.Channels}, {"classes", o.Classes}, {"height", o.Height},
		{"width", o.Width}, {"batch", o.Batch}, {"accumulate", o.Accumulate},
	} {
		if f.value < 1 {
			errs = append(errs, fmt.Errorf("%s is %d, want at least 1", f.name, f.value))
		}
	}
	if !(o.ClipNorm >= 0) || math.IsInf(o.ClipNorm, 1) {
		errs = append(errs, fmt.Errorf("clip norm is %v, want a number of at least 0", o.ClipNorm))
	}
	if !(o.EMA >= 0 && o.EMA < 1) {
		errs = append(errs, fmt.Errorf("ema is %v, want at least 0 and less than 1", o.EMA))
	}
	errs = append(errs, o.CheckFreeze())
	if n := network.ByName(o.Model); n != nil && min(o.Height, o.Width) >= 1 && min(o.Height, o.Width) < n.MinSize {
		errs = append(errs, fmt.Errorf("images of %dx%d are too small for %s, which takes %dx%d and more", o.Height, o.Width, o.Model, n.MinSize, n.MinSize))
	}
	if o.AttentionSize < 0 || o.AuxAttentionSize < 0 {
		errs = append(errs, fmt.Errorf("attention sizes are %d and %d, want at least 0", o.AttentionSize, o.AuxAttentionSize))
	}
	return errors.Join(errs...)
}

// CheckFreeze says why so many stages cannot be frozen.
func (o *Options) CheckFreeze() error {
	n := network.ByName(o.Model)
	switch {
	case o.Freeze == 0 || n == nil:
		return nil
	case len(n.Stages) == 0:
		return fmt.Errorf("%s is not cut into stages that could be frozen", o.Model)
	case o.Freeze < 0 || o.Freeze > len(n.Stages):
		return fmt.Errorf("%d stages are to be frozen, and %s has %d: want 0 to %d", o.Freeze, o.Model, len(n.Stages), len(n.Stages))
	}
	return nil
}

// Frozen says which tensors stay as they are while training.
func (o *Options) Frozen() func(name string) bool {
	if o.Freeze == 0 {
		return func(string) bool { return false }
	}
	return network.ByName(o.Model).Frozen(o.Freeze)
}

// CheckTrain holds a batch to train on against the options.
func (o *Options) CheckTrain(b *data.Batch) error {
	if err := o.Check(b); err != nil {
		return err
	}
	switch {
	case b.Y == nil:
		return errors.New("the batch has no targets")
	case b.N < 2 && b.N < o.LeastBatch():
		return o.TooFew(b.N)
	case len(b.Y) != b.N*o.Classes:
		return fmt.Errorf("%d targets, want %dx%d", len(b.Y), b.N, o.Classes)
	}
	return nil
}

// CheckViews holds a batch to predict and the symmetries it is to be seen under
// against the options.
func (o *Options) CheckViews(b *data.Batch, views []pixel.Dihedral) error {
	if err := o.Check(b); err != nil {
		return err
	}
	for _, v := range views {
		if v&pixel.Transpose != 0 && b.H != b.W {
			return fmt.Errorf("the transpose of images of %dx%d pixels has another size", b.W, b.H)
		}
	}
	return nil
}

// Check holds a batch against the options.
func (o *Options) Check(b *data.Batch) error {
	if b.C != o.Channels || b.H != o.Height || b.W != o.Width || b.Pixels() != b.N*b.C*b.H*b.W {
		return fmt.Errorf("a batch of shape (%d,%d,%d,%d) with %d values; the network takes (N,%d,%d,%d)",
			b.N, b.C, b.H, b.W, b.Pixels(), o.Channels, o.Height, o.Width)
	}
	if b.N < 1 || b.N > o.Batch {
		return fmt.Errorf("a batch of %d samples; the network takes 1 to %d", b.N, o.Batch)
	}
	return nil
}

func oneOf(what, value string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return fmt.Errorf("%s %q is not one of %s", what, value, strings.Join(known, ", "))
}

func orString(s *string, def string) {
	if *s == "" {
		*s = def
	}
}

func orInt(n *int, def int) {
	if *n == 0 {
		*n = def
	}
}

func orFloat(f *float64, def float64) {
	if *f == 0 {
		*f = def
	}
}
