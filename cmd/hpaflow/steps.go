package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
	"hpaflow/flow/units/steps"
)

// steps runs flows one after the other, and stops at the first that fails.
// Each finds out by itself what is done already. People are told where a flow
// stands in files of several steps when it begins, on one line.
func (r *running) steps(ctx context.Context, plan *lang.Plan) error {
	each := *r
	above := r.step
	var names []string
	for _, s := range plan.Steps {
		names = append(names, s.Name)
	}
	r.board.Expect(above, names)
	each.brief = true
	deadLetters := false
	for i, s := range plan.Steps {
		if err := context.Cause(ctx); err != nil {
			return &exitError{exitInterrupted, err}
		}
		each.at = r.at
		if len(plan.Steps) > 1 {
			each.at = append(slices.Clone(r.at), fmt.Sprintf("%s, step %d of %d: %s", plan.Name, i+1, len(plan.Steps), s.Name))
		}
		each.step = strings.TrimPrefix(above+"/"+s.Name, "/")
		err := each.file(ctx, s.File, s.Sets)
		end := endOfRun(err)
		if end.State == live.Interrupted {
			end.Cause = ""
		}
		r.board.Ended(each.step, end.State, end.Cause)
		debug.FreeOSMemory() // a network may have taken gigabytes
		var exit *exitError
		switch {
		case errors.As(err, &exit) && exit.code == exitDeadLetters:
			deadLetters = true
		case exit != nil && exit.err != nil && exit.code != exitInterrupted:
			return &exitError{exit.code, fmt.Errorf("step %s: %w", s.Name, exit.err)}
		case exit != nil:
			return exit
		case err != nil:
			return fmt.Errorf("step %s: %w", s.Name, err)
		}
	}
	if deadLetters {
		return &exitError{code: exitDeadLetters}
	}
	return nil
}

// noted records that the flow at hand has run, where it is a step of a file; so
// that who does its steps as units knows.
func (r *running) noted(err error) error {
	var exit *exitError
	letters := errors.As(err, &exit) && exit.code == exitDeadLetters
	if r.graph == nil || err != nil && !letters {
		return err
	}
	name := cmp.Or(r.step, r.graph.Name)
	at := slices.IndexFunc(r.graph.Steps, func(s *steps.Step) bool { return s.Name == name && !s.IsPart() })
	if at < 0 {
		return err
	}
	release, _ := stamps()
	if fault := r.graph.Note(r.graph.Steps[at], letters, release); fault != nil {
		return &exitError{exitFailed, errors.Join(err, fault)}
	}
	return err
}

// chosenSteps does chosen units of a file of steps. A unit that waits for others
// ends the program by a code of its own: what starts it may start it again later.
func (r *running) chosenSteps(ctx context.Context, g *steps.Graph) error {
	choice, err := units.ParseChoice(r.unit, os.LookupEnv)
	if err != nil {
		return fmt.Errorf("--unit: %w", err)
	}
	w := steps.Worker{
		Graph: g, Choice: choice,
		Say: func(text string) { fmt.Fprintln(r.out, "hpaflow:", lang.Safe(text)) },
		Run: func(s *steps.Step) error { return r.chosenStep(ctx, g, s) },
	}
	did, err := w.Work(ctx)
	var exit *exitError
	_, notYet := errors.AsType[*steps.NotYetError](err)
	switch {
	case notYet:
		return &exitError{exitNotYet, err}
	case errors.As(err, &exit):
		return exit
	case err != nil:
		return unitsOutcome(err)
	case did == 0 && r.progress != "none":
		fmt.Fprintf(r.out, "nothing to do: %d of %s, done before\n", len(choice.Of(len(g.Steps))), count(len(g.Steps), "unit"))
	}
	return nil
}

// chosenStep does one unit. Dead letters are no failure of a unit.
func (r *running) chosenStep(ctx context.Context, g *steps.Graph, s *steps.Step) error {
	each := *r
	each.unit, each.brief, each.step = "", true, s.Name
	each.at = []string{fmt.Sprintf("%s, unit %d of %d: %s", g.Name, s.Number, len(g.Steps), s.Name)}
	if s.IsPart() {
		return each.part(ctx, g, s)
	}
	err := each.file(ctx, s.File, s.Sets) // which records that it is done
	var exit *exitError
	if errors.As(err, &exit) && exit.code == exitDeadLetters {
		return nil
	}
	return err
}

// part does a part of an op's work.
func (r *running) part(ctx context.Context, g *steps.Graph, s *steps.Step) error {
	show, err := newProgress(r.progress, r.out)
	if err != nil {
		return err
	}
	if r.progress != "none" {
		fmt.Fprintf(r.out, "\n%s\n", lang.Safe(strings.Join(r.at, "; ")))
	}
	err = g.Do(ctx, s, func(plan *lang.Plan) (flow.Options, error) { return runOptions(r.workers, r.memory, plan) }, show.events())
	faults, wrong := errors.AsType[lang.Diagnostics](err)
	switch {
	case wrong:
		faults.Render(r.out, terminal.Colours(r.out))
		return &exitError{code: exitUsage}
	case errors.Is(err, errInterrupted):
		return &exitError{exitInterrupted, withUnsaved(err)}
	case component.IsInputError(err):
		return &exitError{exitUsage, err}
	case err != nil:
		return &exitError{exitFailed, err}
	}
	return nil
}

// stepsOf are the units of a flow that is made of steps, or whose ops have parts;
// nil of another.
func stepsOf(c *cli.Context, f *lang.File, reg *component.Registry) (*steps.Graph, error) {
	g, err := steps.Of(f, c.Args().First(), c.StringSlice("set"), reg)
	if faults, wrong := errors.AsType[lang.Diagnostics](err); wrong {
		return nil, wrongFlow(c, faults)
	}
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return g, nil
}

// listSteps lists the units of a file of steps.
func listSteps(c *cli.Context, g *steps.Graph) error {
	st, err := g.State()
	if err != nil {
		return &exitError{exitFailed, err}
	}
	out := c.App.Writer
	switch {
	case c.Bool("json"):
		return json.NewEncoder(out).Encode(stepsStatus(g, st))
	case c.Bool("slurm"):
		for _, level := range g.Levels() {
			if left := slices.DeleteFunc(level, func(at int) bool { return st.Done[at] }); len(left) > 0 {
				fmt.Fprintf(out, "--array=%s\n", units.Ranges(left))
			}
		}
	case c.Bool("missing"):
		for _, at := range st.Missing() {
			fmt.Fprintln(out, at)
		}
	default:
		return tableOfSteps(out, g, st)
	}
	return nil
}

// stepStatus is a unit of a file of steps as other programs read it.
type stepStatus struct {
	Unit  int    `json:"unit"`
	Name  string `json:"name"`
	Level int    `json:"level"`
	After []int  `json:"after"`
	Done  bool   `json:"done"`
}

func stepsStatus(g *steps.Graph, st *steps.State) any {
	status := struct {
		units.Status
		Steps []stepStatus `json:"steps"`
	}{Status: units.Status{Units: len(g.Steps), Done: []int{}, Missing: append([]int{}, st.Missing()...)}}
	for _, s := range g.Steps {
		if st.Done[s.Number] {
			status.Done = append(status.Done, s.Number)
		}
		status.Steps = append(status.Steps, stepStatus{s.Number, s.Name, s.Level, append([]int{}, s.After...), st.Done[s.Number]})
	}
	return status
}

func tableOfSteps(out io.Writer, g *steps.Graph, st *steps.State) error {
	fmt.Fprintf(out, "%s, in %s of which one waits for the other\n", count(len(g.Steps), "unit"), count(len(g.Levels()), "level"))
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range g.Steps {
		state := "missing"
		if st.Done[s.Number] {
			state = "done"
		}
		after := ""
		if len(s.After) > 0 {
			after = "after " + units.Ranges(s.After)
		}
		fmt.Fprintln(t, strings.TrimRight(fmt.Sprintf("%4d\t%s\t%s\t%s", s.Number, s.Name, state, after), "\t"))
	}
	return t.Flush()
}

// finishSteps says whether all units of a file of steps are done: their results are
// all there is.
func finishSteps(c *cli.Context, f *lang.File, reg *component.Registry, g *steps.Graph) error {
	st, err := g.State()
	if err != nil {
		return &exitError{exitFailed, err}
	}
	if missing := st.Missing(); len(missing) > 0 {
		return &exitError{exitFailed, fmt.Errorf("%d of %s missing: %s", len(missing), count(len(g.Steps), "unit"), g.Names(missing))}
	}
	fmt.Fprintf(c.App.ErrWriter, "%s, all done\n", count(len(g.Steps), "unit"))
	if len(st.Kinds) > 1 {
		fmt.Fprintln(c.App.ErrWriter, "they were computed on machines of several kinds, whose results differ in the last bits:")
		for _, kind := range slices.Sorted(maps.Keys(st.Kinds)) {
			fmt.Fprintf(c.App.ErrWriter, "  %s: unit %s\n", lang.Safe(kind), units.Ranges(st.Kinds[kind]))
		}
	}
	plan, faults := f.Load(c.StringSlice("set"), reg)
	if len(faults) == 0 {
		err = showResults(c.App.ErrWriter, plan)
	}
	if err == nil && slices.Contains(st.Letters, true) {
		return &exitError{code: exitDeadLetters}
	}
	return err
}
