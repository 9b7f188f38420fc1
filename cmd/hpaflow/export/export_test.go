package export

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/metrics"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/network"
	"hpaflow/models/onnx"
)

// trained is a run's folder with a checkpoint of a ResNet on five labels and three
// planes.
func trained(t *testing.T) string {
	t.Helper()
	o := models.Options{Model: "resnet18", Classes: 5, Channels: 3}
	outline, err := network.Sketch(o.Model, o.Channels, 0, 0, o.Classes, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range outline.Tensors {
		size := 1
		for _, d := range outline.Tensors[i].Shape {
			size *= d
		}
		outline.Tensors[i].Data = make([]float32, size)
		outline.Tensors[i].Data[0] = float32(i + 1)
	}
	scores := metrics.Result{Samples: 7, MacroF1: .5, MacroF1Present: .75, F1: make([]float64, 5), Support: make([]int, 5)}
	position := checkpoint.Position{Epoch: 1, Step: 9, Seed: 3, History: []checkpoint.EpochScores{{Epoch: 0, Step: 9, Train: scores, Val: &scores}}}
	position.Settings.Model, position.Settings.Classes, position.Settings.Shape = o.Model, 5, [4]int{8, 3, 64, 64}
	position.Settings.Data = map[string]string{"train norm": "per_image"}
	run := t.TempDir()
	if err := checkpoint.SaveCheckpoint(checkpoint.EpochDir(filepath.Join(run, "checkpoint"), 0), &checkpoint.Checkpoint{State: models.State{Weights: outline.Tensors}, Position: position}); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.SaveWeights(filepath.Join(run, "checkpoint", checkpoint.BestDir), outline.Tensors, checkpoint.Inputs{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(run, "curves.png"), []byte("\x89PNG of curves"), 0o600); err != nil {
		t.Fatal(err)
	}
	return run
}

// What a run's folder says of its weights is in what is exported, which is the same
// each time.
func TestExport(t *testing.T) {
	run, out := trained(t), t.TempDir()
	f, err := Look(run, Given{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Network.Classes != 5 || f.Network.Channels != 3 || f.Norm != data.NormPerImage || f.Size != 64 || f.Run != run {
		t.Errorf("%+v", f)
	}
	write := func(to string) map[string]string {
		t.Helper()
		dir := filepath.Join(out, to)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{f.onnx(filepath.Join(dir, "net.onnx"), onnx.Uint8, 0, "v1"), f.huggingFace(filepath.Join(dir, "hf")), f.torch(filepath.Join(dir, "torch"))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return foldertest.Read(t, dir)
	}
	files := write("a")
	var config struct {
		Architecture string
		Args         struct {
			Planes int `json:"in_chans"`
		} `json:"model_args"`
	}
	if err := json.Unmarshal([]byte(files["hf/config.json"]), &config); err != nil || config.Architecture != "resnet18" || config.Args.Planes != 3 {
		t.Errorf("config.json: %+v, %v", config, err)
	}
	for name, words := range map[string][]string{
		"hf/README.md":         {"0.5000", "![curves](curves.png)", "64x64 pixels", "timm"},
		"hf/curves.png":        {"PNG"},
		"hf/model.safetensors": {"fc.weight"},
		"torch/model.py":       {"num_classes=5", "x.mean((2, 3)", "load_file"},
		"net.onnx":             {"per_image", "hpaflow"},
	} {
		for _, word := range words {
			if !strings.Contains(files[name], word) {
				t.Errorf("%s has no %q", name, word)
			}
		}
	}
	for name, content := range write("a") { // over itself
		if content != files[name] {
			t.Errorf("%s is another the second time", name)
		}
	}
	back, err := Look(filepath.Join(out, "a", "hf", "model.safetensors"), Given{Model: "resnet18", Classes: 5, Channels: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range back.Weights {
		if w.Name != f.Weights[i].Name || w.Data[0] != f.Weights[i].Data[0] {
			t.Errorf("%s came back as %s, %g", f.Weights[i].Name, w.Name, w.Data[0])
		}
	}
}

func TestRefused(t *testing.T) {
	run, out := trained(t), t.TempDir()
	f, err := Look(run, Given{})
	if err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(out, "README.md")
	if err := os.WriteFile(theirs, []byte("# mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(out, "weights.safetensors")
	if err := os.Rename(filepath.Join(run, "checkpoint", checkpoint.BestDir, "weights.safetensors"), alone); err != nil {
		t.Fatal(err)
	}
	attention := *f
	attention.Network.AttentionSize = 4
	look := func(path string, g Given) error { _, err := Look(path, g); return err }
	for _, c := range []struct {
		err  error
		want string
	}{
		{f.huggingFace(out), theirs + " is there, and was not written by export"},
		{attention.onnx(filepath.Join(out, "x.onnx"), onnx.Float32, 0, ""), "give --size"},
		{look(alone, Given{}), "give --model"},
		{look(alone, Given{Model: "vgg"}), `--model is "vgg"`},
		{look(alone, Given{Model: "resnet18"}), "shape [5 512], want [28 512]"},
		{look(alone, Given{Model: "resnet18", Classes: 5}), "it is for images of 3 planes, not 4"},
		{look(filepath.Join(out, "none"), Given{}), "no such file"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%v, want %q", c.err, c.want)
		}
	}
	if text, err := os.ReadFile(theirs); err != nil || string(text) != "# mine" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 2 {
		t.Errorf("what was refused left %v, %v", entries, err)
	}
}
