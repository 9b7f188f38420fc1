package subcell

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/models/subcell/subcelltest"
)

// TestModel: folders as they are published, with dropout's places or without,
// give all tensors under the network's names.
func TestModel(t *testing.T) {
	for name, rename := range map[string]*strings.Replacer{
		"as published":    strings.NewReplacer(),
		"without dropout": strings.NewReplacer("attention_v.1", "attention_v.0", "attention_u.1", "attention_u.0", "3.weight", "2.weight", "3.bias", "2.bias", "6.weight", "4.weight", "6.bias", "4.bias"),
	} {
		dir := subcelltest.Write(t, subcelltest.Config(4, "models/rybg/vit/a.safetensors", "models/rybg/vit/b.safetensors"), rename)
		m, err := Open(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m.Letters != "rybg" || m.Shape.Classifiers != 2 || len(m.Files()) != 4 {
			t.Errorf("%s: letters %q, %d classifiers, files %q", name, m.Letters, m.Shape.Classifiers, m.Files())
		}
		tensors, err := m.Load()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := m.Shape.Outline(32, 32).Tensors
		if len(tensors) != len(want) {
			t.Fatalf("%s: %d tensors, want %d", name, len(tensors), len(want))
		}
		for _, w := range tensors {
			if len(w.Data) == 0 || w.Data[0] == 0 {
				t.Errorf("%s: %s has no values", name, w.Name)
			}
		}
	}
}

func TestLetters(t *testing.T) {
	for _, c := range []struct {
		channels int
		path     string
		want     string
	}{{4, "a", "rybg"}, {2, "a", "bg"}, {3, "a", ""}, {3, "models/ybg/vit/a", "ybg"}, {3, "rbg/a", "rbg"}, {2, "rbg/a", "bg"}} {
		text, _ := json.Marshal(subcelltest.Config(c.channels, c.path))
		file := filepath.Join(t.TempDir(), ConfigName)
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := readConfig(file)
		if err != nil {
			t.Fatal(err)
		}
		if l := got.letters("models/x"); l != c.want {
			t.Errorf("%d channels in %s: letters %q, want %q", c.channels, c.path, l, c.want)
		}
	}
}

// TestRefuses: whatever is wrong with a folder has a name before any work.
func TestRefuses(t *testing.T) {
	part := func(c map[string]any, name string) map[string]any {
		return c["model_config"].(map[string]any)[name].(map[string]any)
	}
	for want, spoil := range map[string]func(config map[string]any, dir string){
		"b.safetensors is not in the folder":       func(_ map[string]any, dir string) { os.Remove(filepath.Join(dir, "b.safetensors")) },
		"encoder.safetensors is not in the folder": func(_ map[string]any, dir string) { os.Remove(filepath.Join(dir, "encoder.safetensors")) },
		"model_config.yaml: no such file":          func(_ map[string]any, dir string) { os.Remove(filepath.Join(dir, ConfigName)) },
		"hidden_size is 24, want a multiple of 16": func(c map[string]any, _ string) {
			part(c, "vit_model")["hidden_size"] = 24
			part(c, "pool_model")["dim"] = 24
		},
		"has shape [16 16], want [24 16]":                                              func(c map[string]any, _ string) { part(c, "vit_model")["intermediate_size"] = 24 },
		"tensor encoder.encoder.layer.1.":                                              func(c map[string]any, _ string) { part(c, "vit_model")["num_hidden_layers"] = 2 },
		"patch_embeddings.projection.weight has shape [16 4 16 16], want [16 3 16 16]": func(c map[string]any, _ string) { part(c, "vit_model")["num_channels"] = 3 },
		"num_channels is 5, want 1 to 4":                                               func(c map[string]any, _ string) { part(c, "vit_model")["num_channels"] = 5 },
		`hidden_act is "relu", want gelu`:                                              func(c map[string]any, _ string) { part(c, "vit_model")["hidden_act"] = "relu" },
		"qkv_bias is false":                                                            func(c map[string]any, _ string) { part(c, "vit_model")["qkv_bias"] = false },
		"pool_model.dim is 32, hidden_size 16":                                         func(c map[string]any, _ string) { part(c, "pool_model")["dim"] = 32 },
		"classifier_paths is 0, want 1 to 64":                                          func(c map[string]any, _ string) { c["classifier_paths"] = nil },
		"cannot unmarshal":                                                             func(c map[string]any, _ string) { part(c, "vit_model")["hidden_size"] = "many" },
	} {
		config := subcelltest.Config(4, "rybg/a.safetensors", "rybg/b.safetensors")
		dir := subcelltest.Write(t, config, strings.NewReplacer())
		before, _ := json.Marshal(config)
		spoil(config, dir)
		if after, _ := json.Marshal(config); string(after) != string(before) {
			if err := os.WriteFile(filepath.Join(dir, ConfigName), after, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Errorf("no folder: %v", err)
	}
}

// FuzzConfig: any text is a config or an error, and no panic.
func FuzzConfig(f *testing.F) {
	text, _ := json.Marshal(subcelltest.Config(4, "a"))
	f.Add(text)
	f.Add([]byte("classifier_paths: a.pth\nencoder_path: [1]\n"))
	f.Add([]byte("a: &a [*a]"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(dir, ConfigName)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := readConfig(file); err == nil {
			if s, err := c.shape(); err == nil {
				s.Outline(s.Image, s.Image)
			}
			c.letters("x")
		}
	})
}
