package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/sinks/results"
)

var errInterrupted = errors.New("interrupted; run the same command again to go on")

func runCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a flow",
		ArgsUsage: "FILE.flow",
		Flags: []cli.Flag{
			setFlag(),
			workersFlag(),
			memoryFlag(),
			&cli.StringFlag{Name: "changed", Usage: "what to do about results whose inputs or settings have changed: redo, refuse or keep (default: as the flow says)"},
			&cli.StringFlag{Name: "http", Usage: "serve pprof, Prometheus metrics and a live page at this address, such as :6060"},
			&cli.StringFlag{Name: "report", Usage: "write what the run did to this JSON file"},
			&cli.StringFlag{Name: "progress", Value: "auto", Usage: "auto: a bar on a terminal, else lines; plain: lines; none"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("run takes one .flow file, not %d", c.NArg())
			}
			return run(c, reg)
		},
	}
}

func setFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "set", Usage: "set a variable of the flow: --set `name=value`; may be repeated"}
}

func workersFlag() cli.Flag {
	return &cli.StringFlag{Name: "workers", Value: "auto", Usage: `workers of every stage that leaves it open: "auto" or a number`}
}

func memoryFlag() cli.Flag {
	return &cli.StringFlag{Name: "memory", Usage: "bytes in flight, at most, such as 2GiB (default: a quarter of the machine's)"}
}

func run(c *cli.Context, reg *component.Registry) error {
	ctx, stop := interruptible(c.Context, c.App.ErrWriter)
	defer stop()
	r := &running{
		reg: reg, out: c.App.ErrWriter, workers: c.String("workers"), memory: c.String("memory"),
		changed: c.String("changed"), http: c.String("http"), report: c.String("report"), progress: c.String("progress"),
	}
	return r.file(ctx, c.Args().First(), c.StringSlice("set"))
}

// running is how flows are run, and how people are told.
type running struct {
	reg             *component.Registry
	out             io.Writer // standard error
	workers, memory string
	changed         string   // empty: as the flow says
	http, report    string   // empty: no
	progress        string   // auto, plain or none
	brief           bool     // without the table of stages
	at              []string // where the flow stands in files of steps, the outermost first
}

// file runs a flow, or the steps of one, with variables set.
func (r *running) file(ctx context.Context, path string, sets []string) error {
	plan, faults := lang.Load(path, sets, r.reg)
	if len(faults) == 0 && len(plan.Steps) > 0 {
		return r.steps(ctx, plan)
	}
	if len(r.at) > 0 && r.progress != "none" {
		fmt.Fprintf(r.out, "\n%s\n", strings.Join(r.at, "; "))
	}
	if len(faults) > 0 {
		faults.Render(r.out, isTerminal(r.out))
		return &exitError{code: exitUsage}
	}
	return r.flow(ctx, plan)
}

func (r *running) flow(ctx context.Context, plan *lang.Plan) error {
	opts, err := runOptions(r.workers, r.memory, plan)
	if err == nil {
		err = setChanged(&opts, r.changed)
	}
	if err != nil {
		return err
	}
	if r.report != "" {
		if err := results.JSON("a report of a run", "{").Check(r.report); err != nil {
			return err
		}
	}
	show, err := newProgress(r.progress, r.out)
	if err != nil {
		return err
	}
	show.brief = r.brief
	g := flow.New(opts)
	if err := plan.Build(g); err != nil {
		return err
	}
	if r.http != "" {
		stop, err := serve(r.http, g, r.out)
		if err != nil {
			return err
		}
		defer stop()
	}
	g.Notify(show.events())
	show.start(g)
	cause := g.Run(ctx)
	stats := g.Stats()
	show.finish(stats, cause)
	for _, lack := range atomicfile.Conceded() {
		fmt.Fprintln(r.out, "hpaflow:", lack)
	}
	if r.report != "" {
		err := atomicfile.Write(r.report, func(w io.Writer) error { return stats.WriteReport(w, cause) })
		if err != nil && cause == nil {
			cause = fmt.Errorf("report: %w", err)
		}
	}
	return outcome(stats, cause)
}

// runOptions joins what the flow file says with what the command line says,
// which wins.
func runOptions(workers, memory string, plan *lang.Plan) (flow.Options, error) {
	opts := plan.Options()
	if workers != "auto" {
		n, err := strconv.Atoi(workers)
		if err != nil || n < 1 {
			return opts, fmt.Errorf(`--workers is %q, want "auto" or a positive number`, workers)
		}
		opts.Workers = n
	}
	if memory != "" {
		n, err := component.ParseSize(memory)
		if err != nil || n == 0 {
			return opts, fmt.Errorf("--memory: %q is not a size such as 2GiB", memory)
		}
		opts.Memory = n
	}
	return opts, nil
}

// setChanged lets the command line decide about results that have changed.
func setChanged(opts *flow.Options, changed string) error {
	if changed == "" {
		return nil
	}
	if !slices.Contains(flow.ChangePolicies, changed) {
		return fmt.Errorf("--changed is %q, want one of %s", changed, strings.Join(flow.ChangePolicies, ", "))
	}
	opts.Changed = flow.ChangePolicy(changed)
	return nil
}

// outcome turns the end of a run into the program's.
func outcome(stats flow.Stats, cause error) error {
	switch {
	case errors.Is(cause, errInterrupted):
		return &exitError{exitInterrupted, cause} // with what could not be saved, if anything
	case cause != nil:
		return &exitError{exitFailed, cause}
	case stats.DeadLetters > 0:
		return &exitError{code: exitDeadLetters}
	}
	return nil
}

// stopPatience is how long a run that was interrupted may take to stop without
// a word.
const stopPatience = time.Second

// interruptible gives a context that the first Ctrl-C or SIGTERM cancels; the
// second one ends the process at once, as if there were no handler. What takes
// long to stop is told on out.
func interruptible(parent context.Context, out io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel(errInterrupted)
		case <-stopped:
			return
		}
		select {
		case <-time.After(stopPatience):
			fmt.Fprintln(out, "hpaflow: stopping; what is at work is finished first, a second Ctrl-C ends it at once")
		case <-stopped:
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil); close(stopped) }
}
