package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/batches"
	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/ops/bench"
)

func benchCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:        "bench",
		Usage:       "measure how fast parts of a job are on this machine",
		Subcommands: []*cli.Command{benchInputCommand(reg), benchStepCommand()},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return fmt.Errorf("unknown command %q; there are bench input and step", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

func benchInputCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "input",
		Usage:     "how fast a device could the input side of a training flow keep busy",
		ArgsUsage: "FILE.flow",
		Description: "Runs what op \"train\" of the flow reads, twice, with a pretended device in the step's place: first one that\n" +
			"takes no time, to find what the input side can do, then one that takes --step-time a batch. Nothing is trained\n" +
			"and nothing is written.",
		Flags: []cli.Flag{
			setFlag(), workersFlag(), memoryFlag(),
			&cli.DurationFlag{Name: "step-time", Usage: "what the device takes a batch, such as 120ms; 0: only find what the input side can do"},
			&cli.DurationFlag{Name: "warmup", Value: 3 * time.Second, Usage: "time at the start of each run that is not measured"},
			&cli.DurationFlag{Name: "measure", Value: 10 * time.Second, Usage: "time that is measured in each run, if the data last"},
			&cli.BoolFlag{Name: "json", Usage: "write the result as JSON"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("bench input takes one .flow file, not %d", c.NArg())
			}
			if step := c.Duration("step-time"); step < 0 {
				return fmt.Errorf("--step-time is %s, and must not be negative", step)
			}
			return benchInput(c, reg)
		},
	}
}

// fedReport is what bench input finds. Other programs read its JSON.
type fedReport struct {
	Flow             string  `json:"flow"`
	InputStepMS      float64 `json:"input_step_ms"`          // what the input side takes a batch
	InputImagesPerS  float64 `json:"input_images_per_s"`     // and so can deliver
	InputCPUMS       float64 `json:"input_cpu_ms_per_image"` // processor time, that of the images left on the way included
	StepMS           float64 `json:"step_ms"`                // what the device takes a batch
	DeviceBusy       float64 `json:"device_busy"`            // its share of the time
	DeviceImagesPerS float64 `json:"device_images_per_s"`    // that it got
	Batches          int     `json:"batches"`
	Bottleneck       string  `json:"bottleneck,omitempty"` // of the input side
}

// batchesOf is the program as the command batches knows it.
func batchesOf(reg *component.Registry) batches.Program {
	return batches.Program{
		Flags: []cli.Flag{setFlag(), workersFlag(), memoryFlag()},
		Load: func(c *cli.Context) (*lang.Plan, error) {
			plan, faults := lang.Load(c.Args().First(), c.StringSlice("set"), reg)
			if len(faults) == 0 {
				if c.Int("ring") >= 0 { // of the program that has started this one
					return plan, nil
				}
				tellStandIns(c.App.ErrWriter, plan, false)
				return plan, nil
			}
			var text strings.Builder
			faults.Render(&text, false)
			return nil, &exitError{exitUsage, errors.New(strings.TrimSpace(text.String()))}
		},
		Options: func(c *cli.Context, plan *lang.Plan) (flow.Options, error) {
			return runOptions(c.String("workers"), c.String("memory"), plan)
		},
		Interruptible: func(ctx context.Context) (context.Context, func()) { return interruptible(ctx, io.Discard) },
		Outcome:       outcome,
		Words: func(err error) string {
			if exit := (*exitError)(nil); errors.As(err, &exit) && exit.err == nil {
				return fmt.Sprintf("hpaflow has ended with exit code %d", exit.code)
			}
			return lang.SafeLines(err.Error())
		},
		Told: func(err, untold error) error {
			if untold != nil {
				return errors.Join(err, untold)
			}
			if exit := (*exitError)(nil); errors.As(err, &exit) {
				return &exitError{code: exit.code}
			}
			return &exitError{code: exitUsage}
		},
	}
}

func benchInput(c *cli.Context, reg *component.Registry) error {
	stderr := c.App.ErrWriter
	plan, faults := lang.Load(c.Args().First(), c.StringSlice("set"), reg)
	if len(faults) > 0 {
		faults.Render(stderr, terminal.Colours(stderr))
		return &exitError{code: exitUsage}
	}
	tellStandIns(stderr, plan, false)
	opts, err := runOptions(c.String("workers"), c.String("memory"), plan)
	if err != nil {
		return err
	}
	step := slices.IndexFunc(plan.Nodes, func(n lang.Node) bool { return n.Spec.Kind == flow.KindOp && n.Spec.Name == "train" })
	if step < 0 {
		return fmt.Errorf(`%s has no op "train", whose input could be measured`, c.Args().First())
	}
	ctx, stop := interruptible(c.Context, c.App.ErrWriter)
	defer stop()
	feed := func(stepTime time.Duration) (bench.Fed, flow.Stats, error) {
		device := &bench.Pretended{StepTime: stepTime, Warmup: c.Duration("warmup"), Measure: c.Duration("measure")}
		g := flow.New(opts)
		inputs, err := plan.BuildBefore(g, plan.Nodes[step])
		if err == nil {
			err = device.Attach(g, inputs)
		}
		if err != nil {
			return bench.Fed{}, flow.Stats{}, err
		}
		fed, err := device.Fed(g.Run(ctx))
		return fed, g.Stats(), err
	}

	fed, stats, err := feed(0)
	if err != nil {
		return outcome(stats, err)
	}
	r := fedReport{
		Flow: plan.Name, StepMS: milliseconds(c.Duration("step-time")), Batches: fed.Batches,
		InputStepMS: milliseconds(fed.Wall) / float64(fed.Batches), InputImagesPerS: float64(fed.Images) / fed.Wall.Seconds(),
		InputCPUMS: milliseconds(stats.CPU) / float64(fed.Total),
	}
	if b, ok := stats.Bottleneck(); ok {
		r.Bottleneck = b.Advice
	}
	if c.Duration("step-time") > 0 {
		if fed, stats, err = feed(c.Duration("step-time")); err != nil {
			return outcome(stats, err)
		}
		r.Batches, r.DeviceBusy, r.DeviceImagesPerS = fed.Batches, fed.Busy.Seconds()/fed.Wall.Seconds(), float64(fed.Images)/fed.Wall.Seconds()
	}
	return r.write(c)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (r fedReport) write(c *cli.Context) error {
	out := c.App.Writer
	if c.Bool("json") {
		return json.NewEncoder(out).Encode(r)
	}
	fmt.Fprintf(out, "%s: the input side takes %.1f ms a batch, %.1f images/s, %.1f ms of processor time an image; it could feed a device that takes no less\n",
		lang.Safe(r.Flow), r.InputStepMS, r.InputImagesPerS, r.InputCPUMS)
	if r.Bottleneck != "" {
		fmt.Fprintf(out, "its bottleneck: %s\n", r.Bottleneck)
	}
	if r.StepMS > 0 {
		fmt.Fprintf(out, "a device that takes %.1f ms a batch was busy %.2f%% of the time: %.1f images/s, over %d batches\n",
			r.StepMS, 100*r.DeviceBusy, r.DeviceImagesPerS, r.Batches)
	}
	return nil
}
