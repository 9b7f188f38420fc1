package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/network"
)

// huggingFace writes a folder as Hugging Face has them. Networks that timm has are
// written in its form, others come with a module that loads them.
func (f *Facts) huggingFace(dir string) error {
	timm := network.ByName(f.Network.Model).Timm
	weights := f.Weights
	if timm != nil {
		weights = renamed(f.Weights, "last_linear.", timm.Head+".")
	}
	config, err := f.config(timm)
	if err != nil {
		return err
	}
	pictures := f.pictures()
	files := []file{
		{"model.safetensors", isTensors, tensors(weights)},
		{"config.json", func(head []byte) bool { return bytes.Contains(head, []byte(`"architecture"`)) }, text(config)},
	}
	if timm == nil {
		module, err := f.module("model.safetensors")
		if err != nil {
			return err
		}
		files = append(files, file{"model.py", isModule, text(module)})
	}
	for name, path := range pictures {
		files = append(files, file{name, func(head []byte) bool { return bytes.HasPrefix(head, []byte("\x89PNG")) }, copied(path)})
	}
	files = append(files, file{"README.md", isModule, text(f.card(timm != nil, pictures))})
	return writeFolder(dir, files)
}

func renamed(weights []models.Tensor, from, to string) []models.Tensor {
	list := make([]models.Tensor, len(weights))
	for i, t := range weights {
		if rest, is := strings.CutPrefix(t.Name, from); is {
			t.Name = to + rest
		}
		list[i] = t
	}
	return list
}

// config is config.json: of timm's networks in timm's form, where images in 0 to 1
// are shifted by mean and divided by std.
func (f *Facts) config(timm *network.Timm) (string, error) {
	o := f.Network
	c := map[string]any{"architecture": o.Model, "num_classes": o.Classes, "hpaflow": map[string]any{"norm": f.Norm, "attention_size": o.AttentionSize}}
	if len(f.Labels) > 0 {
		c["label_names"] = f.Labels
	}
	if f.Decide != nil {
		c["hpaflow"].(map[string]any)["thresholds"] = f.Decide
	}
	if timm != nil {
		side := f.Size
		if side == 0 {
			side = 512
		}
		half, ones := make([]float64, o.Channels), make([]float64, o.Channels)
		for i := range half {
			half[i], ones[i] = .5, 1
		}
		c["num_features"] = timm.Features
		c["model_args"] = map[string]any{"in_chans": o.Channels}
		c["pretrained_cfg"] = map[string]any{
			"input_size": []int{o.Channels, side, side}, "fixed_input_size": false, "interpolation": "bilinear", "crop_pct": 1., "crop_mode": "center",
			"mean": half, "std": ones, "num_classes": o.Classes, "first_conv": timm.Stem, "classifier": timm.Head,
		}
	}
	b, err := json.MarshalIndent(c, "", "  ")
	return string(b) + "\n", err
}

// drawn are the pictures of a training run, as sink report names them.
var drawn = []string{"curves.png", "labels.png", "mistakes.png"}

// pictures are those that a training run has drawn of itself, by name.
func (f *Facts) pictures() map[string]string {
	all := map[string]string{}
	if f.Run == "" {
		return all
	}
	for _, name := range drawn {
		if path := filepath.Join(f.Run, name); isFile(path) {
			all[name] = path
		}
	}
	return all
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func copied(path string) func(io.Writer) error {
	return func(w io.Writer) error {
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(w, in)
		return err
	}
}

// card is the model card, README.md.
func (f *Facts) card(timm bool, pictures map[string]string) string {
	var b strings.Builder
	o := f.Network
	library := "pytorch"
	if timm {
		library = "timm"
	}
	fmt.Fprintf(&b, "---\nlibrary_name: %s\npipeline_tag: image-classification\ntags:\n- microscopy\n- protein-localization\n- human-protein-atlas\n---\n\n", library)
	fmt.Fprintf(&b, "# %s\n\nProtein locations in fluorescence images: %d labels, any number of which an image may have. Written by hpaflow export.\n\n", o.Model, o.Classes)
	fmt.Fprintf(&b, "Input: %d planes of 8 bits, %s. Output: a logit of each label; its sigmoid is the probability.\n\n", o.Channels, map[bool]string{true: "each brought to mean 0 and deviation 1", false: "(x - 127.5) / 255"}[f.Norm == "per_image"])
	if timm {
		fmt.Fprintf(&b, "```python\nimport timm, torch\nnet = timm.create_model(\"local-dir:.\", pretrained=True).eval()\nprobabilities = net((images.float() - 127.5) / 255).sigmoid()\n```\n\n")
	} else {
		fmt.Fprintf(&b, "```python\nfrom model import load, normalise\nprobabilities = load()(normalise(images)).sigmoid()\n```\n\n")
	}
	if p := f.Position; p != nil {
		f.training(&b, p)
	}
	for _, name := range drawn {
		if pictures[name] != "" {
			fmt.Fprintf(&b, "![%s](%s)\n\n", strings.TrimSuffix(name, ".png"), name)
		}
	}
	if len(f.Labels) > 0 {
		fmt.Fprintf(&b, "## Labels\n\n| label | name |%s\n|---|---|%s\n", strings.Repeat(" threshold |", min(1, len(f.Decide))), strings.Repeat("---|", min(1, len(f.Decide))))
		for i, name := range f.Labels {
			fmt.Fprintf(&b, "| %d | %s |", i, name)
			if f.Decide != nil {
				fmt.Fprintf(&b, " %.2f |", f.Decide[i])
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// training is the card's part on how the network was trained.
func (f *Facts) training(b *strings.Builder, p *checkpoint.Position) {
	s := p.Settings
	fmt.Fprintf(b, "## Training\n\n| | |\n|---|---|\n| epochs | %d |\n| batches | %d of %d images of %dx%d pixels |\n| loss | %s |\n| optimiser | %s, learning rate %g |\n| schedule | %s |\n| seed | %d |\n",
		p.Epoch, p.Step, s.Shape[0], s.Shape[3], s.Shape[2], s.Loss, s.Optimizer.Kind, s.Schedule.LR, s.Schedule.Kind, p.Seed)
	for _, o := range []struct {
		name  string
		value float64
	}{
		{"warmup, epochs", float64(s.Schedule.Warmup)}, {"label smoothing", s.LabelSmoothing}, {"gradients clipped to the norm", s.ClipNorm},
		{"weights averaged over steps, decay", s.EMA}, {"stages frozen", float64(s.Freeze)},
	} {
		if o.value > 0 {
			fmt.Fprintf(b, "| %s | %g |\n", o.name, o.value)
		}
	}
	for _, name := range []string{"mixup", "cutmix", "balance"} {
		if said := s.Data["train "+name]; said != "" {
			fmt.Fprintf(b, "| %s | %s |\n", name, said)
		}
	}
	if best := p.Best(); best >= 0 {
		e := p.History[best]
		fmt.Fprintf(b, "| best epoch | %d, score %.4f |\n", e.Epoch, e.Score())
		if e.Val != nil {
			fmt.Fprintf(b, "| macro F1, validation | %.4f; of the labels present %.4f, %d images |\n", e.Val.MacroF1, e.Val.MacroF1Present, e.Val.Samples)
		}
	}
	b.WriteString("\n")
}
