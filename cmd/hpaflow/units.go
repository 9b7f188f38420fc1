package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
)

func unitsCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "units",
		Usage:     "cut a flow into units for many machines, and say which are done",
		ArgsUsage: "FILE.flow",
		Description: "A unit is so many records of the flow, as its run block says. The first call writes the plan beside the result;\n" +
			"later ones add units for records that are new. What run --unit has done, and what is missing, is listed.\n\n" +
			"The steps of a file of steps, and the trials of a search, are units too; they are listed with what they wait for, level by level.",
		Flags: []cli.Flag{
			setFlag(),
			&cli.BoolFlag{Name: "missing", Usage: "list the missing units alone, a number a line"},
			&cli.BoolFlag{Name: "slurm", Usage: "print the missing units as sbatch takes them: --array=3,17,40-44; nothing if there are none; of steps a line for each level, which waits for the one before"},
			&cli.BoolFlag{Name: "json", Usage: `print {"units": N, "done": [...], "missing": [...]}`},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("slurm") && c.Bool("json") {
				return errors.New("--slurm and --json exclude each other")
			}
			file, err := flowOf(c, reg)
			if err != nil {
				return err
			}
			g, err := stepsOf(c, file, reg)
			if err != nil {
				return err
			}
			if g != nil {
				return listSteps(c, g)
			}
			f, err := cutFlow(c, file, reg)
			if err != nil {
				return err
			}
			return listUnits(c, f)
		},
	}
}

func finishCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "finish",
		Usage:     "join what the units of a flow have made",
		ArgsUsage: "FILE.flow",
		Description: "Writes the index, the joined tables and the dead letters of a flow all of whose units are done. It may be called\n" +
			"again. Of a file of steps it says whether all are done: their results are all there is. Exit codes: 0 done; 3 done, with dead letters; 1 units are missing, which are named.",
		Flags: []cli.Flag{setFlag()},
		Action: func(c *cli.Context) error {
			file, err := flowOf(c, reg)
			if err != nil {
				return err
			}
			g, err := stepsOf(c, file, reg)
			if err != nil {
				return err
			}
			if g != nil {
				return finishSteps(c, file, reg, g)
			}
			f, err := cutFlow(c, file, reg)
			if err != nil {
				return err
			}
			return finishUnits(c, f)
		},
	}
}

// flowOf reads the flow that a command is given, once: it may come from a pipe.
func flowOf(c *cli.Context, reg *component.Registry) (*lang.File, error) {
	if c.NArg() != 1 {
		return nil, fmt.Errorf("%s takes one .flow file, not %d", c.Command.Name, c.NArg())
	}
	f, faults := lang.Find(c.Args().First(), reg)
	if len(faults) > 0 {
		return nil, wrongFlow(c, faults)
	}
	return f, nil
}

// wrongFlow shows what is wrong with a flow, and ends the program.
func wrongFlow(c *cli.Context, faults lang.Diagnostics) error {
	faults.Render(c.App.ErrWriter, terminal.Colours(c.App.ErrWriter))
	return &exitError{code: exitUsage}
}

// cutFlow plans a flow that is to be cut.
func cutFlow(c *cli.Context, file *lang.File, reg *component.Registry) (*units.Flow, error) {
	plan, faults := file.Load(c.StringSlice("set"), reg)
	if len(faults) > 0 {
		return nil, wrongFlow(c, faults)
	}
	tellStandIns(c.App.ErrWriter, plan, false)
	f, err := unitsOf(plan, plan.Options())
	if err == nil {
		err = f.Known()
	}
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	f.Noted = func(stage, text string) { fmt.Fprintln(c.App.ErrWriter, lang.SafeLines(stage+": "+text)) }
	return f, nil
}

// unitsOf is a plan's flow, if it can be cut.
func unitsOf(plan *lang.Plan, opts flow.Options) (*units.Flow, error) {
	release, _ := stamps()
	return units.Of(plan, opts, release)
}

// withPlan does something with the plan of a flow, which others may work on at
// the same time.
func withPlan(ctx context.Context, f *units.Flow, grow bool, do func() error) error {
	unlock, err := f.Share()
	if err != nil {
		return &exitError{exitFailed, err}
	}
	err = f.Open(ctx, grow)
	if err == nil {
		err = do()
	}
	return unitsOutcome(errors.Join(err, unlock()))
}

// unitsOutcome turns what went wrong with units into the program's end.
func unitsOutcome(err error) error {
	var exit *exitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	if _, other := errors.AsType[*units.OtherPlanError](err); other || component.IsInputError(err) {
		return &exitError{exitUsage, err}
	}
	if errors.Is(err, errInterrupted) {
		return &exitError{exitInterrupted, err}
	}
	return &exitError{exitFailed, err}
}

func listUnits(c *cli.Context, f *units.Flow) error {
	return withPlan(c.Context, f, true, func() error {
		s, err := f.Status()
		if err != nil {
			return err
		}
		out := c.App.Writer
		switch {
		case c.Bool("json"):
			return json.NewEncoder(out).Encode(s)
		case c.Bool("slurm"):
			if len(s.Missing) > 0 {
				fmt.Fprintf(out, "--array=%s\n", units.Ranges(s.Missing))
			}
		case c.Bool("missing"):
			for _, unit := range s.Missing {
				fmt.Fprintln(out, unit)
			}
		default:
			parts := []string{fmt.Sprintf("%s, at most %s in each", count(s.Units, "unit"), count(f.Unit, "record"))}
			if len(s.Done) > 0 {
				parts = append(parts, "done: "+units.Ranges(s.Done))
			}
			if len(s.Missing) > 0 {
				parts = append(parts, "missing: "+units.Ranges(s.Missing))
			}
			fmt.Fprintln(out, strings.Join(parts, "\n"))
		}
		return nil
	})
}

func finishUnits(c *cli.Context, f *units.Flow) error {
	if !f.Planned() {
		return &exitError{exitFailed, fmt.Errorf("there is no plan in %s; run the flow with --unit, or hpaflow units, which makes one", f.Dir())}
	}
	return withPlan(c.Context, f, false, func() error {
		done, err := f.Finish(c.Context)
		if err != nil {
			return err
		}
		failed := 0
		for _, l := range done.Letters {
			if !l.Skipped {
				failed++
				fmt.Fprintln(c.App.ErrWriter, "hpaflow:", lang.Safe(l.String()))
			}
		}
		fmt.Fprintf(c.App.ErrWriter, "%s, %s, %d dead letters, %d skipped\n",
			count(done.Units, "unit"), count(done.Records, "record"), failed, len(done.Letters)-failed)
		if failed > 0 {
			return &exitError{code: exitDeadLetters}
		}
		return nil
	})
}

// byUnits runs units of a flow, those that were chosen, or all of them where the
// result is made so. It says whether it has: a flow that is not cut is run as a
// whole.
func (r *running) byUnits(ctx context.Context, plan *lang.Plan, opts flow.Options, show *progress) (bool, error) {
	f, err := unitsOf(plan, opts)
	asked := r.unit != "" || r.cluster != nil
	if err == nil && !asked && !f.Remote() && !f.Planned() && !f.Shows() {
		return false, nil
	}
	if err == nil {
		err = f.Known()
	}
	if _, whole := errors.AsType[*units.NotCutError](err); whole && !asked {
		return false, nil
	}
	if err != nil {
		return true, &exitError{exitUsage, err}
	}
	if r.unit != "" {
		choice, err := units.ParseChoice(r.unit, os.LookupEnv)
		if err != nil {
			return true, fmt.Errorf("--unit: %w", err)
		}
		return true, r.someUnits(ctx, f, choice, opts, show)
	}
	if !f.Planned() && !f.Remote() && !asked {
		err := unlessStopped(ctx, f.Fits)
		if ctx.Err() != nil {
			return true, err
		}
		if err != nil {
			show.note(plan.Name, "is not done by units: "+err.Error())
			return false, nil
		}
	}
	return true, r.allUnits(ctx, plan, f, opts, show)
}

// watch shows the graph of each unit while it runs, and adds up what they do.
func (r *running) watch(show *progress, sum *flow.Stats) units.Watch {
	return func(g *flow.Graph) func(flow.Stats, error) {
		if r.board != nil {
			r.board.Follow(g, r.step, r.at)
		}
		g.Notify(r.board.Events(show.events()))
		show.start(g)
		ended := r.followed(g)
		return func(s flow.Stats, err error) {
			ended(s, err)
			show.rest()
			*sum = sum.Plus(s)
		}
	}
}

// someUnits does chosen units. A unit that is done, and one past the last, needs
// nothing. Dead letters are no failure of a unit: schedulers would run it again.
func (r *running) someUnits(ctx context.Context, f *units.Flow, choice units.Choice, opts flow.Options, show *progress) error {
	f.Noted = show.note
	return withPlan(ctx, f, false, func() error {
		if choice.Beyond(f.Units()) {
			if err := f.Open(ctx, true); err != nil {
				return err
			}
		}
		var sum flow.Stats
		defer holdMemory(opts.Memory)()
		if r.board != nil {
			defer r.board.Rest()
		}
		var cause error
		list := choice.Of(f.Units())
		did := 0
		for _, unit := range list {
			stats, err := f.Run(ctx, unit, r.watch(show, &sum))
			if stats.Flow != "" {
				did++
			}
			if cause = err; err != nil {
				break
			}
		}
		if cause == nil && did == 0 {
			if r.progress != "none" {
				fmt.Fprintf(r.out, "nothing to do: %d of %s, done before\n", len(list), count(f.Units(), "unit"))
			}
			return nil
		}
		if sum.Flow == "" {
			return cause
		}
		err := r.ended(sum, cause, show)
		var exit *exitError
		if errors.As(err, &exit) && exit.code == exitDeadLetters {
			return nil
		}
		return err
	})
}

// allUnits does what is missing of a flow, and finishes it.
func (r *running) allUnits(ctx context.Context, plan *lang.Plan, f *units.Flow, opts flow.Options, show *progress) error {
	var sum flow.Stats
	defer holdMemory(opts.Memory)()
	if r.board != nil {
		defer r.board.Rest()
	}
	f.Noted = show.note
	whole := units.Whole{
		Retry: r.retry, Watch: r.watch(show, &sum),
		Note: func(text string) { show.note(f.Dir(), text) },
	}
	if s := r.cluster; s != nil {
		s.Flow, s.Plan, s.Workers, s.Memory, s.Quiet, s.Out = f, plan, r.workers, r.memory, r.progress == "none", r.out
		whole.Missing = s.Missing
	}
	begun := time.Now()
	done, err := f.RunAll(ctx, whole)
	switch {
	case err != nil && sum.Flow == "":
		return unitsOutcome(err)
	case err != nil:
		return r.ended(sum, err, show)
	}
	all := f.Outcome(sum, done)
	if r.cluster != nil {
		all.Wall = time.Since(begun)
		show.closing = fmt.Sprintf("%s in %s, %d dead letters, %s", count(done.Records, "record"), count(done.Units, "unit"), all.DeadLetters, all.Wall.Round(time.Millisecond))
	}
	said := map[string]bool{}
	for was := range sum.Failed.All() {
		said[was.Key] = true
	}
	for was := range all.Failed.All() {
		if !said[was.Key] { // it is of an earlier run, and still so
			show.events().Dead(flow.DeadLetter{Key: was.Key, Stage: was.Stage, Cause: was.Cause, File: was.File})
		}
	}
	return r.ended(all, nil, show)
}
