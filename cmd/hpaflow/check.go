package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/standin"
	"hpaflow/flow/units"
	"hpaflow/flow/units/steps"
)

func checkCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "report every fault of flows: syntax, names, types, values, files",
		ArgsUsage: "FILE.flow...",
		Flags:     []cli.Flag{setFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return errors.New("check takes one .flow file or more")
			}
			return checkFiles(c, reg)
		},
	}
}

func checkFiles(c *cli.Context, reg *component.Registry) error {
	faulty := false
	for _, path := range c.Args().Slice() {
		var plan *lang.Plan
		f, faults := lang.Find(path, reg)
		if faults == nil {
			plan, faults = f.Load(c.StringSlice("set"), reg)
		}
		if len(faults) > 0 {
			faulty = true
			if err := faults.Render(c.App.ErrWriter, terminal.Colours(c.App.ErrWriter)); err != nil {
				return err
			}
			continue
		}
		tellStandIns(c.App.ErrWriter, plan, false)
		if err := buildable(plan, reg); err != nil {
			faulty = true
			fmt.Fprintln(c.App.ErrWriter, lang.SafeLines(err.Error()))
			continue
		}
		holds := count(len(plan.Nodes), "node")
		if len(plan.Steps) > 0 {
			holds = count(len(plan.Steps), "step")
		}
		fmt.Fprintf(c.App.Writer, "%s: ok (%s, %s)\n", lang.Safe(path), holds, count(len(plan.Variables), "variable"))
		if g, err := steps.Of(f, path, c.StringSlice("set"), reg); err == nil && g != nil {
			fmt.Fprintf(c.App.Writer, "  its steps are %s, for many machines: hpaflow units\n", count(len(g.Steps), "unit"))
			continue
		}
		tellCut(c.App.Writer, plan)
	}
	if faulty {
		return &exitError{code: exitUsage}
	}
	return nil
}

// tellCut says whether many machines can share a flow's work, and if not why. Of
// one that was not made for it, and could be, there is nothing to say.
func tellCut(w io.Writer, plan *lang.Plan) {
	f, err := unitsOf(plan, plan.Options())
	if err == nil {
		err = f.Known()
	}
	if err == nil {
		fmt.Fprintf(w, "  can be cut into units of %s, for many machines: hpaflow units\n", count(f.Unit, "record"))
		return
	}
	if why, not := errors.AsType[*units.NotCutError](err); not && !why.NoUnit {
		fmt.Fprintf(w, "  cannot be cut into units for many machines: %s\n", lang.Safe(strings.Join(why.Reasons, "; ")))
	}
}

// buildable builds what a run would build first, which looks into its inputs,
// and leaves it.
func buildable(plan *lang.Plan, reg *component.Registry) error {
	for len(plan.Steps) > 0 {
		first, faults := lang.Load(plan.Steps[0].File, plan.Steps[0].Sets, reg)
		if len(faults) > 0 {
			return faults
		}
		plan = first
	}
	if _, whole := unitsOf(plan, plan.Options()); whole != nil {
		if err := standin.Look(context.Background(), plan); err != nil {
			return err
		}
	}
	return plan.Build(flow.New(plan.Options()))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
