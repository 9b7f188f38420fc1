package subcell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"hpaflow/models/network"
)

// ConfigName is the file that says what a model is.
const ConfigName = "model_config.yaml"

// mostConfig is the size of a ConfigName in bytes, at most.
const mostConfig = 1 << 20

// config is a ConfigName.
type config struct {
	Classifiers pathList `yaml:"classifier_paths"`
	Encoder     string   `yaml:"encoder_path"`
	Model       struct {
		ViT struct {
			Hidden   int     `yaml:"hidden_size"`
			Layers   int     `yaml:"num_hidden_layers"`
			Heads    int     `yaml:"num_attention_heads"`
			Inner    int     `yaml:"intermediate_size"`
			Act      string  `yaml:"hidden_act"`
			Eps      float64 `yaml:"layer_norm_eps"`
			Image    int     `yaml:"image_size"`
			Patch    int     `yaml:"patch_size"`
			Channels int     `yaml:"num_channels"`
			Bias     *bool   `yaml:"qkv_bias"`
		} `yaml:"vit_model"`
		Pool struct {
			Dim   int `yaml:"dim"`
			Inner int `yaml:"int_dim"`
			Heads int `yaml:"num_heads"`
		} `yaml:"pool_model"`
		Classes int `yaml:"num_classes"`
	} `yaml:"model_config"`
}

// pathList is one path or several.
type pathList []string

func (l *pathList) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		*l = pathList{n.Value}
		return nil
	}
	var list []string
	err := n.Decode(&list)
	*l = list
	return err
}

func readConfig(file string) (*config, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostConfig+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostConfig {
		return nil, fmt.Errorf("%s: more than %d bytes", file, mostConfig)
	}
	var c config
	if err := yaml.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &c, nil
}

// shape is the network that the config speaks of.
func (c *config) shape() (network.SubCell, error) {
	v, p := &c.Model.ViT, &c.Model.Pool
	s := network.SubCell{
		Channels: v.Channels, Image: v.Image, Patch: v.Patch, Hidden: v.Hidden, Inner: v.Inner, Layers: v.Layers, Heads: v.Heads,
		Eps: v.Eps, PoolInner: p.Inner, PoolHeads: p.Heads, Classes: c.Model.Classes, Classifiers: len(c.Classifiers),
	}
	errs := []error{s.Validate()}
	if p.Dim != 0 && p.Dim != v.Hidden {
		errs = append(errs, fmt.Errorf("pool_model.dim is %d, hidden_size %d", p.Dim, v.Hidden))
	}
	if v.Act != "" && v.Act != "gelu" {
		errs = append(errs, fmt.Errorf("hidden_act is %q, want gelu", v.Act))
	}
	if v.Bias != nil && !*v.Bias {
		errs = append(errs, errors.New("qkv_bias is false: there are only networks with biases"))
	}
	if c.Encoder == "" {
		errs = append(errs, errors.New("encoder_path is not given"))
	}
	return s, errors.Join(errs...)
}

// Letters are the channels of the models that are published, by the letters in
// their folders' names: r microtubules, y endoplasmic reticulum, b nucleus,
// g protein; the order is that of the network's input.
func Letters() []string { return []string{"rybg", "rbg", "ybg", "bg"} }

// letters are those of the config: by the folders in its paths, or by the number
// of channels where only one model has it; else empty.
func (c *config) letters(dir string) string {
	var folders []string
	for _, p := range append([]string{c.Encoder}, c.Classifiers...) {
		folders = append(folders, path.Dir(filepath.ToSlash(p)))
	}
	for _, folder := range append(folders, filepath.ToSlash(dir)) {
		for part := range strings.SplitSeq(folder, "/") {
			if len(part) == c.Model.ViT.Channels && slices.Contains(Letters(), part) {
				return part
			}
		}
	}
	switch c.Model.ViT.Channels {
	case 4:
		return "rybg"
	case 2:
		return "bg"
	}
	return ""
}
