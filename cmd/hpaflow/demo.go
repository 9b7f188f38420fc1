package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/flow/component"
)

func demoCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "run the whole workflow on synthetic cells, in about three minutes on two cores",
		Description: "Draws cells, finds duplicates and leaks, splits, trains two networks, averages\n" +
			"them, predicts, makes a submission and scores it, by the flows it writes to\n" +
			"DIR/configs. Change them as you like: a flow that you have changed is kept.\n" +
			"Stopped or killed, the same command goes on.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "dir", Value: "demo", Usage: "folder of it all, made if need be"},
			setFlag(),
			&cli.StringFlag{Name: "progress", Value: "auto", Usage: "auto: a bar on a terminal, else lines; plain: lines; none"},
		}, watchFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() != 0 {
				return fmt.Errorf("demo takes no argument, and %q is given; the folder is set by --dir", c.Args().First())
			}
			if slices.Contains(c.StringSlice("report"), "-") {
				return errors.New("--report -: demo says on standard output what it has come to; name a file")
			}
			return demo(c, reg)
		},
	}
}

func demo(c *cli.Context, reg *component.Registry) error {
	began := time.Now()
	dir := c.String("dir")
	flows := filepath.Join(dir, "configs")
	changed, err := writeConfigs(flows)
	if err != nil {
		return &exitError{exitFailed, err}
	}
	if len(changed) > 0 {
		fmt.Fprintf(c.App.ErrWriter, "kept as they were changed in %s: %s\n", flows, strings.Join(changed, ", "))
	}
	ctx, stop := interruptible(c.Context, c.App.ErrWriter)
	defer stop()
	r := &running{reg: reg, out: c.App.ErrWriter, results: c.App.Writer, workers: "auto", progress: c.String("progress")}
	sets := append([]string{"dir=" + dir, "flows=" + flows}, c.StringSlice("set")...)
	if err := r.watched(c, func() error { return r.file(ctx, filepath.Join(flows, "demo.flow"), sets) }); err != nil {
		return err
	}
	took := time.Since(began)
	if err := noteSeconds(filepath.Join(dir, "scores.json"), took); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.App.Writer, "\ntook %.0f seconds\n", took.Seconds())
	return err
}

// noteSeconds adds to the scores how long the command took, which no flow
// can know.
func noteSeconds(file string, took time.Duration) error {
	scores := map[string]any{}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &scores)
	}
	if err == nil {
		scores["seconds"] = took.Seconds()
		text, err = json.MarshalIndent(scores, "", "  ")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return putFile(file, append(text, '\n'))
}
