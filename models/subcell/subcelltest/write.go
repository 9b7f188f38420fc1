// Package subcelltest makes models as SubCell's are published, but small, for
// tests: weights are drawn from the tensors' names.
package subcelltest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/goldentest"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// The sizes of the network.
const (
	Image  = 32 // pixels a side that it was trained on, as it were
	patch  = 16
	hidden = 16
	inner  = 16
	pooled = 8
	heads  = 2
	layers = 1
	Values = heads * hidden // of an embedding
)

// Config is what model_config.yaml says: a network of so many channels, whose
// classifiers are in these files.
func Config(channels int, classifiers ...string) map[string]any {
	return map[string]any{
		"encoder_path": "models/x/encoder.safetensors", "classifier_paths": classifiers,
		"model_config": map[string]any{
			"vit_model": map[string]any{"hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": inner, "hidden_act": "gelu",
				"layer_norm_eps": 1e-12, "image_size": Image, "patch_size": patch, "num_channels": channels, "qkv_bias": true},
			"pool_model": map[string]any{"dim": hidden, "int_dim": pooled, "num_heads": heads}, "num_classes": 31,
		},
	}
}

// Write lays out the folder of a config's model, with names of tensors changed.
// Beside them is one that the network does not have, as in published files.
func Write(t testing.TB, config map[string]any, rename *strings.Replacer) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text, err := json.Marshal(config) // which is YAML
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "model_config.yaml"), text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	paths := config["classifier_paths"].([]string)
	shape := network.SubCell{
		Channels: config["model_config"].(map[string]any)["vit_model"].(map[string]any)["num_channels"].(int), Image: Image, Patch: patch, Hidden: hidden, Inner: inner,
		Layers: layers, Heads: heads, PoolInner: pooled, PoolHeads: heads, Classes: 31, Classifiers: len(paths),
	}
	files := map[string][]statedict.Tensor{}
	for _, w := range shape.Outline(Image, Image).Tensors {
		w.Data = drawn(w)
		file := config["encoder_path"].(string)
		if rest, of := strings.CutPrefix(w.Name, "classifiers."); of {
			at, name, _ := strings.Cut(rest, ".")
			w.Name, file = name, paths[at[0]-'0']
		}
		w.Name = rename.Replace(w.Name)
		files[filepath.Base(file)] = append(files[filepath.Base(file)], w)
	}
	for name, list := range files {
		list = append(slices.Clip(list), statedict.Tensor{Name: "decoder.mask", Shape: []int{1}, Data: []float32{1}})
		f, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			err = statedict.Write(f, list, nil)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func drawn(w statedict.Tensor) []float32 {
	size := 1
	for _, side := range w.Shape {
		size *= side
	}
	values := make([]float32, size)
	for k, u := range goldentest.Noise(w.Name, size) {
		if len(w.Shape) == 2 || len(w.Shape) == 4 {
			u *= math.Sqrt(3 / float64(size/w.Shape[0]))
		} else if strings.HasSuffix(w.Name, "weight") {
			u = 1 + u/4
		}
		values[k] = float32(u)
	}
	return values
}
