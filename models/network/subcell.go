package network

import (
	"errors"
	"fmt"
	"strings"

	"hpaflow/models/statedict"
)

// SubCellName is the name of the network for single cells in flows and messages.
// It is not among Names: it only predicts, and its sizes are in its own files.
const SubCellName = "subcell"

// SubCell is the shape of SubCell's network: a vision transformer, a gated pool
// over its tokens, and classifiers of what that gives.
type SubCell struct {
	Channels int // planes of an image
	Image    int // side of the images it was trained on, in pixels
	Patch    int // side of the square that becomes a token

	Hidden, Inner int // channels of a token, and of the layers between
	Layers, Heads int
	Eps           float64 // of layer norms

	PoolInner, PoolHeads int
	Classes, Classifiers int
}

// SubCellOutputs are its results.
type SubCellOutputs struct {
	Tokens        Activation // (N,Hidden,1,1+h*w), after the last norm
	Embedding     Activation // (N,PoolHeads*Hidden)
	Probabilities Activation // (N,Classes)
	Weights       Activation // of the pool, (N,PoolHeads,1,1+h*w), the class token's first
}

// Grid is the side of the grid of tokens that the network was trained on.
func (s *SubCell) Grid() int { return s.Image / s.Patch }

// Embedding is how many values an embedding has.
func (s *SubCell) Embedding() int { return s.PoolHeads * s.Hidden }

// Validate reports all that is wrong with the shape.
func (s *SubCell) Validate() error {
	var errs []error
	for _, f := range []struct {
		name              string
		value, most, step int
	}{
		{"num_channels", s.Channels, 4, 1}, {"patch_size", s.Patch, 256, 1}, {"image_size", s.Image, 1 << 13, max(1, s.Patch)},
		{"hidden_size", s.Hidden, 1 << 13, 8 * max(1, s.Heads)}, {"intermediate_size", s.Inner, 1 << 15, 8},
		{"num_hidden_layers", s.Layers, 96, 1}, {"num_attention_heads", s.Heads, 96, 1},
		{"int_dim", s.PoolInner, 1 << 13, 8}, {"num_heads", s.PoolHeads, 64, 1},
		{"num_classes", s.Classes, 1 << 12, 1}, {"classifier_paths", s.Classifiers, 64, 1},
	} {
		switch {
		case f.value < 1 || f.value > f.most:
			errs = append(errs, fmt.Errorf("%s is %d, want 1 to %d", f.name, f.value, f.most))
		case f.value%f.step != 0:
			errs = append(errs, fmt.Errorf("%s is %d, want a multiple of %d", f.name, f.value, f.step))
		}
	}
	if !(s.Eps >= 0 && s.Eps < 1) {
		errs = append(errs, fmt.Errorf("layer_norm_eps is %v, want 0 to 1", s.Eps))
	}
	return errors.Join(errs...)
}

// CheckSide says why images of so many pixels a side do not suit the network.
func (s *SubCell) CheckSide(height, width int) error {
	if height%s.Patch != 0 || width%s.Patch != 0 || height < s.Patch || width < s.Patch {
		return fmt.Errorf("images of %dx%d pixels; %s takes multiples of %d", width, height, SubCellName, s.Patch)
	}
	return nil
}

// Build walks the network.
func (s *SubCell) Build(b TokenLayers, x Activation) SubCellOutputs {
	t := b.Patches(x, Patches{
		Projection: "encoder.embeddings.patch_embeddings.projection", Class: "encoder.embeddings.cls_token",
		Positions: "encoder.embeddings.position_embeddings", Patch: s.Patch, Out: s.Hidden, Grid: s.Grid(),
	})
	for i := range s.Layers {
		t = s.layer(b, t, fmt.Sprintf("encoder.encoder.layer.%d.", i))
	}
	out := SubCellOutputs{Tokens: b.LayerNorm(t, "encoder.layernorm", s.Eps)}
	out.Embedding, out.Weights = b.GatedPool(out.Tokens, GatedPool{
		V: "pool_model.attention_v.1", U: "pool_model.attention_u.1", Weights: "pool_model.attention", Inner: s.PoolInner, Heads: s.PoolHeads,
	})
	var logits []Activation
	for i := range s.Classifiers {
		name := ClassifierPrefix(i)
		y := b.Dense(out.Embedding, Dense{Names: []string{name + "0"}, Out: 512, Activate: ReLU})
		y = b.Dense(y, Dense{Names: []string{name + "3"}, Out: 256, Activate: ReLU})
		logits = append(logits, b.Dense(y, Dense{Names: []string{name + "6"}, Out: s.Classes}))
	}
	out.Probabilities = b.Probabilities("classifiers", logits...)
	return out
}

// layer is attention among tokens, then two layers of each alone, each beside a
// shortcut and behind a norm.
func (s *SubCell) layer(b TokenLayers, x Activation, name string) Activation {
	y := b.LayerNorm(x, name+"layernorm_before", s.Eps)
	y = b.Dense(y, Dense{Names: []string{name + "attention.attention.query", name + "attention.attention.key", name + "attention.attention.value"}, Out: s.Hidden})
	y = b.SelfAttention(y, s.Heads)
	x = b.Dense(y, Dense{Names: []string{name + "attention.output.dense"}, Out: s.Hidden, Residual: &x})
	y = b.LayerNorm(x, name+"layernorm_after", s.Eps)
	y = b.Dense(y, Dense{Names: []string{name + "intermediate.dense"}, Out: s.Inner, Activate: GELU})
	return b.Dense(y, Dense{Names: []string{name + "output.dense"}, Out: s.Hidden, Residual: &x})
}

// ClassifierPrefix stands before the names of a classifier's tensors, which are
// in a file of their own without it.
func ClassifierPrefix(i int) string { return fmt.Sprintf("classifiers.%d.", i) }

// SubCellNames are how its tensors may be called in files: by their place among
// layers of which dropout was one, or is none.
var SubCellNames = statedict.Names{Aliases: func(name string) []string {
	for _, places := range [][2]string{{"attention_v.1.", "attention_v.0."}, {"attention_u.1.", "attention_u.0."}} {
		if strings.Contains(name, places[0]) {
			return []string{strings.Replace(name, places[0], places[1], 1)}
		}
	}
	if rest, ok := strings.CutPrefix(name, "3."); ok {
		return []string{"2." + rest}
	}
	if rest, ok := strings.CutPrefix(name, "6."); ok {
		return []string{"4." + rest}
	}
	return nil
}}
