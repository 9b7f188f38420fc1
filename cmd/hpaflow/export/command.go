package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/models/network"
	"hpaflow/models/onnx"
)

// Command is export. failed marks an error that is not one of use.
func Command(version string, failed func(error) error) *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write trained weights for ONNX Runtime, Hugging Face or PyTorch",
		ArgsUsage: "WEIGHTS",
		Description: "WEIGHTS is a file (safetensors, .pth), a checkpoint's folder, or a run's, whose best epoch is taken. What network it is,\n" +
			"its labels and its normalisation are read from the run that it is of; flags say it of weights that are of none.\n\n" +
			"--onnx: input images (batch,channels,height,width), outputs logits and probabilities (batch,classes). With --input uint8\n" +
			"the network takes planes as an image has them, 0 to 255, and normalises them itself.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "onnx", TakesFile: true, Usage: "write this `FILE.onnx` (opset 17)"},
			&cli.StringFlag{Name: "hf", TakesFile: true, Usage: "write a folder as Hugging Face has them, `DIR`: model.safetensors, config.json, a model card; timm loads networks that it has by local-dir:DIR"},
			&cli.StringFlag{Name: "torch", TakesFile: true, Usage: "write `DIR`: weights.safetensors, and model.py, which loads them into PyTorch"},
			&cli.StringFlag{Name: "input", Value: string(onnx.Float32), Usage: "of --onnx: float32, planes that are normalised; uint8: planes as they are"},
			&cli.IntFlag{Name: "size", Usage: "pixels a side of images; of --onnx it makes the file one for this size (default: any size)"},
			&cli.StringFlag{Name: "model", Usage: "the network: " + strings.Join(network.Names(), ", ") + " (default: as the run says)"},
			&cli.IntFlag{Name: "classes", Usage: "labels (default: as the run says, else 28)"},
			&cli.IntFlag{Name: "channels", Usage: "planes of an image (default: as the run says, else 4)"},
			&cli.IntFlag{Name: "attention-size", Usage: "side of the grid of features an attention head looks at (default: as the run says, else that of the features)"},
			&cli.StringFlag{Name: "norm", Usage: "fixed or per_image (default: as the run says, else fixed)"},
			&cli.StringFlag{Name: "labels", TakesFile: true, Usage: "`FILE` with the name of each label, one a line (default: those of the Human Protein Atlas if there are 28)"},
			&cli.StringFlag{Name: "thresholds", TakesFile: true, Usage: "thresholds.json of submit.flow, `FILE`: kept beside the labels' names"},
		},
		Action: func(c *cli.Context) error {
			if err := check(c); err != nil {
				return err
			}
			f, err := Look(c.Args().First(), Given{
				Model: c.String("model"), Norm: c.String("norm"), Classes: c.Int("classes"), Channels: c.Int("channels"), Size: c.Int("size"),
				Attention: c.Int("attention-size"), Labels: c.String("labels"), Thresholds: c.String("thresholds"),
			})
			if err != nil {
				return failed(err)
			}
			f.say(c.App.ErrWriter)
			for name, write := range map[string]func(path string) error{
				"onnx":  func(path string) error { return f.onnx(path, onnx.Input(c.String("input")), c.Int("size"), version) },
				"hf":    f.huggingFace,
				"torch": f.torch,
			} {
				if path := c.String(name); path != "" {
					if err := write(path); err != nil {
						return failed(err)
					}
					fmt.Fprintln(c.App.ErrWriter, "wrote", path)
				}
			}
			return nil
		},
	}
}

func check(c *cli.Context) error {
	if c.NArg() != 1 {
		return fmt.Errorf("export takes one file or folder of weights, not %d", c.NArg())
	}
	if c.String("onnx") == "" && c.String("hf") == "" && c.String("torch") == "" {
		return errors.New("export writes nothing unless it is told what: --onnx FILE.onnx, --hf DIR or --torch DIR")
	}
	if i := c.String("input"); i != string(onnx.Float32) && i != string(onnx.Uint8) {
		return fmt.Errorf("--input is %q, want one of %s", i, strings.Join(onnx.Inputs(), ", "))
	}
	if n := data.Norm(c.String("norm")); n != "" && n != data.NormFixed && n != data.NormPerImage {
		return fmt.Errorf("--norm is %q, want %s or %s", n, data.NormFixed, data.NormPerImage)
	}
	for _, name := range []string{"size", "classes", "channels", "attention-size"} {
		if c.IsSet(name) && c.Int(name) < 1 {
			return fmt.Errorf("--%s is %d, want at least 1", name, c.Int(name))
		}
	}
	return nil
}

// say tells which weights are exported, and as what.
func (f *Facts) say(w io.Writer) {
	o := f.Network
	fmt.Fprintf(w, "%s: %s, %d planes, %d labels, norm %s", f.From, o.Model, o.Channels, o.Classes, f.Norm)
	if f.Note != "" {
		fmt.Fprintf(w, " (%s)", f.Note)
	}
	if p := f.Position; p != nil {
		fmt.Fprintf(w, "; of a run of %d epochs at %d pixels", len(p.History), p.Settings.Shape[2])
	}
	fmt.Fprintln(w)
}

// onnx writes an ONNX file.
func (f *Facts) onnx(path string, input onnx.Input, size int, version string) error {
	o := f.Network
	o.Height, o.Width = size, size
	if size == 0 && f.needsSize() {
		return errNoSize
	}
	if net := network.ByName(o.Model); size > 0 && size < net.MinSize {
		return fmt.Errorf("--size is %d, and %s takes %d and more", size, o.Model, net.MinSize)
	}
	about, err := f.metadata()
	if err != nil {
		return err
	}
	if err := ours(path, func(head []byte) bool {
		return len(head) > 2 && head[0] == 0x08 && strings.Contains(string(head), "hpaflow")
	}); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		return onnx.Write(w, onnx.Options{Network: o, Input: input, Norm: f.Norm, Metadata: about, Version: version}, f.Weights)
	})
}

// metadata is what the file says of itself.
func (f *Facts) metadata() (map[string]string, error) {
	about := map[string]string{"model": f.Network.Model, "norm": string(f.Norm), "weights": filepath.Base(f.From)}
	for key, value := range map[string]any{"labels": f.Labels, "thresholds": f.Decide} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if string(text) != "null" {
			about[key] = string(text)
		}
	}
	return about, nil
}

// ours refuses a file that is there and is not what it would be replaced by.
func ours(path string, is func(head []byte) bool) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if n == 0 && errors.Is(err, io.EOF) || n > 0 && is(head[:n]) {
		return nil
	}
	return fmt.Errorf("%s is there, and was not written by export: move it away, or choose another name", path)
}
