package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/forms"
	"hpaflow/cmd/hpaflow/reports"
	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/codec/ometiff"
	"hpaflow/data/predict"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

func shardsCommand() *cli.Command {
	return &cli.Command{
		Name:  "shards",
		Usage: "list, read, verify and export shards",
		Subcommands: []*cli.Command{
			{
				Name: "ls", Usage: "list the shards of a folder, or its samples", ArgsUsage: "DIR",
				Flags: []cli.Flag{&cli.BoolFlag{Name: "l", Usage: "list every sample"}},
				Action: func(c *cli.Context) error {
					return withShards(c, 1, func(r *shards.Reader) error { return listShards(c.App.Writer, r, c.Bool("l")) })
				},
			},
			{
				Name: "cat", Usage: "write one sample to standard output or a file", ArgsUsage: "DIR KEY",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "o", TakesFile: true, Usage: "write to this `FILE`; -: to standard output"},
					&cli.StringFlag{Name: "labels", TakesFile: true, Usage: "names of the labels, one a line, from this `FILE`"},
					&cli.StringFlag{Name: "format", Usage: "png: an image of up to four channels, the default for as many planes; ome.tif: a page for each plane, the default for more; json: what is known of the sample, and its probabilities"},
				},
				Action: func(c *cli.Context) error {
					if err := checkCat(c.String("o"), c.String("format")); err != nil {
						return err
					}
					return withShards(c, 2, func(r *shards.Reader) error { return catSample(c, r) })
				},
			},
			{
				Name: "verify", Usage: "read everything and name every fault", ArgsUsage: "DIR",
				Action: verifyShards,
			},
			exportProgram().Command(),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return fmt.Errorf("unknown command %q; there are shards ls, cat, verify and export", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// withShards opens the folder the command names, after checking the number of
// arguments.
func withShards(c *cli.Context, args int, do func(*shards.Reader) error) error {
	if c.NArg() != args {
		return fmt.Errorf("shards %s takes %s", c.Command.Name, c.Command.ArgsUsage)
	}
	r, err := openShards(c.Args().First(), shards.AnyKind)
	if err != nil {
		return err
	}
	defer r.Close()
	err = do(r)
	if exit := (*exitError)(nil); err == nil || errors.As(err, &exit) {
		return err
	}
	return &exitError{exitFailed, err}
}

func openShards(dir string, want shards.Kind) (*shards.Reader, error) {
	if err := isFolder(dir); err != nil {
		return nil, err
	}
	r, err := shards.Open(dir, want)
	if errors.Is(err, shards.ErrNone) {
		return nil, &exitError{exitUsage, err}
	}
	if err != nil {
		return nil, &exitError{exitFailed, err}
	}
	return r, nil
}

// exportProgram is the program as the command shards export knows it.
func exportProgram() forms.Program {
	return forms.Program{
		Flags: []cli.Flag{workersFlag(), memoryFlag(), progressFlag()},
		Options: func(c *cli.Context) (flow.Options, error) {
			return withFlags(flow.Options{}, c.String("workers"), c.String("memory"))
		},
		Open:   func(dir string) (*shards.Reader, error) { return openShards(dir, shards.Planes) },
		Failed: func(err error) error { return &exitError{exitFailed, err} },
		Run: func(c *cli.Context, g *flow.Graph) error {
			show, err := newProgress(c.String("progress"), c.App.ErrWriter)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(c.Context, c.App.ErrWriter)
			defer stop()
			g.Notify(show.events())
			defer holdMemory(g.Options().Memory)()
			show.start(g)
			cause := g.Run(ctx)
			show.finish(g.Stats(), cause)
			return outcome(g.Stats(), cause)
		},
	}
}

// isFolder refuses an argument that is none.
func isFolder(dir string) error {
	if err := (component.Field{Type: component.InputDir}).Exists(dir); err != nil {
		return &exitError{exitUsage, err}
	}
	return nil
}

func listShards(w io.Writer, r *shards.Reader, samples bool) error {
	out := bufio.NewWriter(w)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name string, n int, packed, raw int64) {
		fmt.Fprintf(t, "%d\t%s\t%s\t%.3f\t  %s\n", n, component.FormatSize(packed), component.FormatSize(raw), float64(packed)/float64(max(raw, 1)), lang.Safe(name))
	}
	if samples {
		fmt.Fprintln(t, "offset\tpacked\traw\tlabels\tsplit\t  sample")
		for _, e := range r.Entries() {
			fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%s\t  %s\n", e.Offset, e.Length, e.Raw, labelText(e), lang.Safe(e.Split), lang.Safe(e.Shard+":"+e.Key))
		}
		return errors.Join(t.Flush(), out.Flush())
	}
	fmt.Fprintln(t, "samples\tpacked\traw\tratio\t  shard")
	var count int
	var packed, raw, allPacked, allRaw int64
	for i, e := range r.Entries() {
		count, packed, raw = count+1, packed+e.Length, raw+e.Raw
		if i+1 == len(r.Entries()) || r.Entries()[i+1].Shard != e.Shard {
			line(e.Shard, count, packed, raw)
			allPacked, allRaw = allPacked+packed, allRaw+raw
			count, packed, raw = 0, 0, 0
		}
	}
	line("total", len(r.Entries()), allPacked, allRaw)
	return errors.Join(t.Flush(), out.Flush())
}

func labelText(e shards.Entry) string {
	if !e.Labeled {
		return "-"
	}
	return e.Labels.String()
}

// checkCat refuses flags of shards cat before anything is read.
func checkCat(file, format string) error {
	if format != "" && !slices.Contains(codec.Formats, format) && format != "json" {
		return fmt.Errorf("--format is %q, want png, ome.tif or json", format)
	}
	if file == "" || file == "-" {
		return nil
	}
	if err := errors.Join(component.CheckTilde(file), component.Writable(file, false)); err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	return nil
}

func catSample(c *cli.Context, r *shards.Reader) error {
	sample, err := r.Read(c.Args().Get(1))
	if err != nil {
		return err
	}
	format := c.String("format")
	if format == "" {
		format = formatOf(sample)
	}
	var write func(io.Writer) error
	switch {
	case format != "json" && sample.Kind != shards.Planes:
		return fmt.Errorf("%s holds %s, of which there is no %s; take --format json", c.Args().First(), sample.Kind, format)
	case format == codec.PNG && len(sample.Image.Planes) > codec.RGBA:
		return fmt.Errorf("%s has %d planes, and a PNG holds at most %d; take --format ome.tif", sample.Key, len(sample.Image.Planes), codec.RGBA)
	case format == codec.OMETIFF:
		write = func(w io.Writer) error { return writeOMETIFF(w, sample) }
	case format == codec.PNG:
		write = func(w io.Writer) error { return codec.EncodeRGBY(w, sample.Image) }
	case format == "json":
		names, err := labelNames(c, r, sample)
		if err != nil {
			return err
		}
		write = func(w io.Writer) error { return describeSample(w, sample, names) }
	}
	if path := c.String("o"); path != "" && path != "-" {
		return reports.WriteFile(path, c.App.ErrWriter, write)
	}
	if format != "json" {
		if err := c.App.Writer.(*terminal.Output).TakesBytes("a picture"); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	return write(c.App.Writer)
}

// formatOf is what a sample is written as when nobody says.
func formatOf(c *shards.Content) string {
	switch {
	case c.Kind == shards.Probabilities:
		return "json"
	case len(c.Image.Planes) > codec.RGBA:
		return codec.OMETIFF
	}
	return codec.PNG
}

func writeOMETIFF(w io.Writer, c *shards.Content) error {
	b, err := ometiff.Append(nil, c.Image, ometiff.Options{Names: data.PlaneNames(c.Planes, len(c.Image.Planes)), Compression: ometiff.Deflate})
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// labelNames are those of the file that is given, those that the folder keeps,
// or the Human Protein Atlas's where the labels may be these.
func labelNames(c *cli.Context, r *shards.Reader, sample *shards.Content) (data.Names, error) {
	classes := len(sample.P)
	if sample.Kind == shards.Planes {
		classes = len(data.LabelNames)
		for _, e := range r.Entries() {
			for _, n := range e.Labels.Numbers() {
				classes = max(classes, n+1)
			}
		}
	}
	path := c.String("labels")
	if path == "" {
		return predict.LabelNames(c.Args().First(), classes)
	}
	names, err := data.ReadAllNames(path)
	if err == nil && sample.Kind == shards.Probabilities && len(names) != classes {
		err = fmt.Errorf("%s names %d labels, but there are %d", path, len(names), classes)
	}
	return names, err
}

func describeSample(w io.Writer, c *shards.Content, of data.Names) error {
	names := []string{}
	for _, n := range c.Labels.Numbers() {
		if n < len(of) {
			names = append(names, of[n])
		}
	}
	about := map[string]any{
		"id": c.Key, "labeled": c.Labeled, "labels": c.Labels.Numbers(), "label_names": names, "split": c.Split, "source": data.SourceOf(c.Key),
	}
	switch c.Kind {
	case shards.Planes:
		about["planes"], about["width"], about["height"], about["depth"] = len(c.Image.Planes), c.Image.Width, c.Image.Height, c.Image.Depth()
		about["plane_names"] = data.PlaneNames(c.Planes, len(c.Image.Planes))
	case shards.Probabilities:
		about["probabilities"] = namedProbabilities(c.P, of)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(about)
}

// namedProbability is a label's probability with all its digits.
type namedProbability struct {
	Label       int     `json:"label"`
	Name        string  `json:"name,omitempty"`
	Probability float64 `json:"probability"`
}

func namedProbabilities(p []float64, names data.Names) []namedProbability {
	list := make([]namedProbability, len(p))
	for n, v := range p {
		list[n] = namedProbability{Label: n, Probability: v}
		if n < len(names) {
			list[n].Name = names[n]
		}
	}
	return list
}

func verifyShards(c *cli.Context) error {
	if c.NArg() != 1 {
		return fmt.Errorf("shards verify takes DIR")
	}
	if err := isFolder(c.Args().First()); err != nil {
		return err
	}
	tell := terminal.Moves(c.App.ErrWriter)
	report, err := shards.Verify(c.Args().First(), func(done, shards int) {
		if tell {
			fmt.Fprintf(c.App.ErrWriter, "\r%d of %d shards", done, shards)
		}
	})
	if tell {
		fmt.Fprint(c.App.ErrWriter, "\r\x1b[K")
	}
	if err != nil {
		return &exitError{exitFailed, err}
	}
	for _, f := range report.Faults {
		fmt.Fprintln(c.App.ErrWriter, "hpaflow:", lang.Safe(fmt.Sprint(f)))
	}
	if n := len(report.Faults); n > 0 {
		return &exitError{exitFailed, fmt.Errorf("%d faults in %s", n, c.Args().First())}
	}
	fmt.Fprintf(c.App.Writer, "ok: %d samples in %d shards, %s\n", report.Samples, report.Shards, component.FormatSize(report.Bytes))
	return nil
}
