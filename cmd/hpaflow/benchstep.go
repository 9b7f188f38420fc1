package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"hpaflow/models/bench"
	"hpaflow/models/devices"
	"hpaflow/models/network"
)

func benchStepCommand() *cli.Command {
	return &cli.Command{
		Name:  "step",
		Usage: "how fast a network trains or predicts here",
		Description: "Runs a network on noise and prints the time of the median step, what that is in\n" +
			"additions and multiplications a second, counted as direct convolutions need them,\n" +
			"and the share of the most this machine can do, measured before.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "model", Value: "resnet34", Usage: "one of " + strings.Join(network.Names(), ", ")},
			&cli.IntFlag{Name: "size", Value: 256, Usage: "pixels a side of the images"},
			&cli.IntFlag{Name: "batch", Value: 8, Usage: "images a step"},
			&cli.StringFlag{Name: "mode", Value: "train", Usage: "train or infer"},
			&cli.IntFlag{Name: "steps", Value: 5, Usage: "steps to time"},
			&cli.IntFlag{Name: "flights", Value: 1, Usage: "batches predicted at once, in mode infer"},
			&cli.StringFlag{Name: "device", Value: devices.Auto, Usage: "auto, cpu, gpu, gpu:N,... or gpu:all"},
			&cli.StringFlag{Name: "precision", Value: devices.Auto, Usage: "one of " + strings.Join(devices.Precisions(), ", ")},
			&cli.BoolFlag{Name: "layers", Usage: "tell the time of each layer too"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: benchStep,
	}
}

func benchStep(c *cli.Context) error {
	if c.NArg() > 0 {
		return fmt.Errorf("bench step takes no arguments, not %q", c.Args().First())
	}
	o := bench.Options{
		Model: c.String("model"), Size: c.Int("size"), Batch: c.Int("batch"), Steps: c.Int("steps"), Flights: c.Int("flights"),
		Device: devices.Options{Device: c.String("device"), Precision: c.String("precision")},
	}
	switch mode := c.String("mode"); mode {
	case "train":
	case "infer":
		o.Infer = true
	default:
		return fmt.Errorf("--mode is %q, not train or infer", mode)
	}
	if err := o.Validate(); err != nil {
		return err
	}
	r, err := bench.Step(c.Context, o, c.Bool("layers"))
	if err != nil {
		return &exitError{exitFailed, err}
	}
	if c.Bool("json") {
		e := json.NewEncoder(c.App.Writer)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return printStep(c.App.Writer, r)
}

// printStep writes a report as a person reads it.
func printStep(w io.Writer, r *bench.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.Layers) > 0 {
		fmt.Fprintln(t, "ms/image\tof all\tGFLOP/s\tof peak\t  layer")
		for _, l := range r.Layers {
			speed, peak := "-", "-"
			if l.GFlops > 0 {
				speed, peak = fmt.Sprintf("%.1f", l.GFlops), fmt.Sprintf("%.0f%%", 100*l.PeakShare)
			}
			fmt.Fprintf(t, "%.3f\t%.1f%%\t%s\t%s\t  %s\n", l.MsPerImage, 100*l.Share, speed, peak, l.Name)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	peak := ""
	if r.PeakGFlops > 0 {
		peak = fmt.Sprintf(" of %.1f measured (%.0f%%)", r.PeakGFlops, 100*r.PeakShare)
	}
	_, err := fmt.Fprintf(w, "%s, %dx%d pixels, %d a batch, %d in flight, %s, %s: %.2f ms an image, %.2f images/s\n"+
		"%.1f GFLOP/s%s; %.0f MB resident at most; a step allocates %.2f MB, its results take %.0f MB\n",
		r.Model, r.Size, r.Size, r.Batch, r.Flights, r.Mode, r.Instructions, r.MsPerImage, r.ImagesPerS,
		r.GFlops, peak, r.PeakRSS, r.Allocated, r.Activations)
	return err
}
