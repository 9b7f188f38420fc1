package export

import (
	"bytes"
	"embed"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"hpaflow/data/atomicfile"
	"hpaflow/models"
	"hpaflow/models/statedict"
)

//go:embed torch/*.py
var modules embed.FS

var templates = template.Must(template.New("").ParseFS(modules, "torch/*.py"))

// torch writes a folder that PyTorch loads by its own model.py.
func (f *Facts) torch(dir string) error {
	module, err := f.module("weights.safetensors")
	if err != nil {
		return err
	}
	return writeFolder(dir, []file{
		{"weights.safetensors", isTensors, tensors(f.Weights)},
		{"model.py", isModule, text(module)},
	})
}

// module is a Python module of the network, which reads this file of weights.
func (f *Facts) module(weights string) (string, error) {
	name := f.Network.Model
	if strings.HasPrefix(name, "resnet") {
		name = "resnet"
	}
	labels, err := json.Marshal(append([]string{}, f.Labels...))
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = templates.ExecuteTemplate(&b, name+".py", map[string]any{
		"Model": f.Network.Model, "Channels": f.Network.Channels, "Classes": f.Network.Classes, "Grid": f.Network.AttentionSize,
		"Weights": weights, "Labels": string(labels), "PerImage": f.Norm == "per_image",
	})
	return b.String(), err
}

// file is one of a folder's, with what a file of its kind begins with.
type file struct {
	name string
	is   func(head []byte) bool
	fill func(io.Writer) error
}

func tensors(weights []models.Tensor) func(io.Writer) error {
	return func(w io.Writer) error { return statedict.Write(w, weights, map[string]string{"format": "pt"}) }
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

const madeBy = "hpaflow export"

func isTensors(head []byte) bool { return len(head) > 8 && head[8] == '{' }
func isModule(head []byte) bool  { return bytes.Contains(head, []byte(madeBy)) }

// writeFolder writes files into a folder, the last ones when the others are there.
func writeFolder(dir string, files []file) error {
	for _, f := range files {
		if err := ours(filepath.Join(dir, f.name), f.is); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, f := range files {
		if err := atomicfile.Write(filepath.Join(dir, f.name), f.fill); err != nil {
			return err
		}
	}
	return nil
}
