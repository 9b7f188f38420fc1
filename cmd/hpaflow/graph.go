package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/flow/component"
	"hpaflow/flow/draw"
	"hpaflow/flow/lang"
)

func graphCommand(reg *component.Registry) *cli.Command {
	formats := strings.Join(draw.Formats, ", ")
	return &cli.Command{
		Name:      "graph",
		Usage:     "draw a flow, on standard output",
		ArgsUsage: "FILE.flow",
		Flags: []cli.Flag{
			setFlag(),
			&cli.StringFlag{Name: "format", Value: "dot", Usage: "one of " + formats},
		},
		Action: func(c *cli.Context) error {
			format := c.String("format")
			switch {
			case c.NArg() != 1:
				return fmt.Errorf("graph takes one .flow file, not %d", c.NArg())
			case !slices.Contains(draw.Formats, format):
				return fmt.Errorf("--format is %q, want one of %s", format, formats)
			}
			return drawFile(c, reg, format)
		},
	}
}

// drawFile draws a flow whose input files need not exist.
func drawFile(c *cli.Context, reg *component.Registry, format string) error {
	var plan *lang.Plan
	file, faults := lang.Find(c.Args().First(), reg)
	if faults == nil {
		plan, faults = file.Plan(c.StringSlice("set"), reg)
	}
	if faults != nil {
		if err := faults.Render(c.App.ErrWriter, terminal.Colours(c.App.ErrWriter)); err != nil {
			return err
		}
		return &exitError{code: exitUsage}
	}
	return draw.Plan(c.App.Writer, plan, format)
}
