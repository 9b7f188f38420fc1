package network

import (
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/models/statedict"
)

// TestPublishedWeights: weights for three planes and other labels, under the names
// that they are published by, are those of every network for any number of planes.
func TestPublishedWeights(t *testing.T) {
	for _, name := range Names() {
		published, err := Sketch(name, 3, 107, 107, 1000, false)
		if err != nil {
			t.Fatal(err)
		}
		for i := range published.Tensors {
			w := &published.Tensors[i]
			w.Name = strings.TrimPrefix(strings.Replace(w.Name, "last_linear.", "fc.", 1), "cnn.")
		}
		for planes := 1; planes <= data.MaxPlanes; planes++ {
			want, err := Sketch(name, planes, 107, 107, 28, true)
			if err != nil {
				t.Fatal(err)
			}
			_, report, err := statedict.Fit(want.Tensors, published.Tensors, ByName(name).Names)
			if err != nil {
				t.Fatalf("%s, %d planes: %v", name, planes, err)
			}
			if (report.Widened == "") != (planes == 3) || report.Used < 90 {
				t.Errorf("%s, %d planes: %v", name, planes, report)
			}
			for _, left := range report.Initial {
				if !isHead(left) {
					t.Errorf("%s, %d planes: %s is left as it was", name, planes, left)
				}
			}
		}
	}
}

// The names that published files have for layers of a network are told as its own.
func TestPublishedNames(t *testing.T) {
	for _, c := range []struct{ model, name, published string }{
		{"densenet121", "features.denseblock3.denselayer12.norm1.running_mean", "features.denseblock3.denselayer12.norm.1.running_mean"},
		{"densenet121", "features.denseblock1.denselayer2.conv2.weight", "features.denseblock1.denselayer2.conv.2.weight"},
		{"densenet121", "last_linear.weight", "classifier.weight"},
		{"convnext_tiny", "stem.1.bias", "features.0.1.bias"},
		{"convnext_tiny", "stem.0.weight", "downsample_layers.0.0.weight"},
		{"convnext_tiny", "stages.3.downsample.1.weight", "features.6.1.weight"},
		{"convnext_tiny", "stages.1.downsample.0.bias", "downsample_layers.1.0.bias"},
		{"convnext_tiny", "stages.0.blocks.2.gamma", "features.1.2.layer_scale"},
		{"convnext_tiny", "stages.2.blocks.8.norm.weight", "features.5.8.block.2.weight"},
		{"convnext_tiny", "stages.2.blocks.8.mlp.fc2.weight", "features.5.8.block.5.weight"},
		{"convnext_tiny", "stages.2.blocks.8.conv_dw.bias", "stages.2.8.dwconv.bias"},
		{"convnext_tiny", "stages.3.blocks.0.mlp.fc1.bias", "stages.3.0.pwconv1.bias"},
		{"convnext_tiny", "head.norm.weight", "classifier.0.weight"},
		{"convnext_tiny", "last_linear.weight", "head.fc.weight"},
		{"convnext_tiny", "last_linear.bias", "classifier.2.bias"},
		{"resnet18", "last_linear.bias", "fc.bias"},
	} {
		names := ByName(c.model).Names
		var all []string
		if names.Aliases != nil {
			all = names.Aliases(c.name)
		}
		if all = append(all, names.Instead(c.name)...); !slices.Contains(all, c.published) {
			t.Errorf("%s: %s is also called %v, want %s", c.model, c.name, all, c.published)
		}
	}
}
