package forms

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/data/place"
	"hpaflow/data/shards"
	"hpaflow/data/shards/forms"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Program is what the command needs of the program that it belongs to.
type Program struct {
	Flags   []cli.Flag                                 // --workers, --memory, --progress
	Options func(c *cli.Context) (flow.Options, error) // what they say
	Run     func(c *cli.Context, g *flow.Graph) error  // shows how it goes, and ends with the program's error
	Open    func(dir string) (*shards.Reader, error)   // of a folder that is given
	Failed  func(err error) error                      // marks an error that is not one of use
}

// Command is shards export.
func (p Program) Command() *cli.Command {
	var layouts []cli.Flag
	for _, f := range forms.Forms {
		layouts = append(layouts, &cli.StringFlag{Name: string(f), TakesFile: true, Usage: "write this folder, `OUT`, " + usage[f]})
	}
	return &cli.Command{
		Name: "export", Usage: "write shards in the layouts of other libraries", ArgsUsage: "DIR",
		Description: "DIR is a folder of shards of planes, OUT a new folder, or one that the same command has begun. Either may be a URL.\n" +
			"Keys, labels and splits go with the pixels; configs/TUTORIAL.md has a table of members and columns.",
		Flags: append(layouts, append([]cli.Flag{
			&cli.StringFlag{Name: "image", Value: string(forms.Auto), Usage: "png; npy: arrays of NumPy; auto: png in a tar where it holds the planes, and in Parquet where it holds those of the first sample, else npy"},
			&cli.StringFlag{Name: "split", Usage: "only samples of this split, `NAME`, by which files are called"},
			&cli.IntFlag{Name: "samples", Usage: "samples in a file, at most (default: as many as its size holds)"},
			&cli.StringFlag{Name: "shard-size", Usage: "pixels in a file, before compression, at most, such as 256MiB (default: 1GiB in a tar, 512MiB in Parquet, 64MiB in the others)"},
		}, p.Flags...)...),
		Action: func(c *cli.Context) error {
			o, out, err := options(c)
			if err != nil {
				return err
			}
			return p.export(c, o, out)
		},
	}
}

var usage = map[forms.Form]string{
	forms.Tar:     "for WebDataset and DALI: KEY.png or KEY.npy, KEY.json",
	forms.MDS:     "for mosaicml-streaming: MDS and its index.json",
	forms.Parquet: "for datasets, pyarrow and others that read Parquet",
	forms.LitData: "for litdata: chunks and their index.json",
}

// options are what the flags say.
func options(c *cli.Context) (o forms.Options, out string, err error) {
	if c.NArg() != 1 {
		return o, "", fmt.Errorf("shards export takes DIR, and not %d", c.NArg())
	}
	for _, f := range forms.Forms {
		if to := c.String(string(f)); to != "" && out != "" {
			return o, "", errors.New("shards export writes one form at a time")
		} else if to != "" {
			o.Form, out = f, to
		}
	}
	if out == "" {
		return o, "", fmt.Errorf("shards export writes nothing unless it is told what: %s", choices())
	}
	o.Image, o.Split, o.Samples = forms.Image(c.String("image")), c.String("split"), c.Int("samples")
	if c.IsSet("samples") && o.Samples < 1 {
		return o, "", fmt.Errorf("--samples is %d, want at least 1", o.Samples)
	}
	if size := c.String("shard-size"); size != "" {
		if o.Bytes, err = component.ParseSize(size); err != nil {
			return o, "", fmt.Errorf("--shard-size: %q is not a size such as 256MiB", size)
		}
		if o.Bytes < 1 {
			return o, "", fmt.Errorf("--shard-size is %s", size)
		}
	}
	checked := o
	checked.EnsureDefaults()
	if err := checked.Validate(); err != nil {
		return o, "", err
	}
	if place.Remote(out) {
		return o, out, nil
	}
	return o, out, errors.Join(component.CheckTilde(out), component.Writable(out, true))
}

func choices() string {
	words := make([]string, len(forms.Forms))
	for i, f := range forms.Forms {
		words[i] = "--" + string(f) + " OUT"
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
