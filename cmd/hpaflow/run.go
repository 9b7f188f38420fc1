package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/cluster"
	"hpaflow/cmd/hpaflow/live"
	"hpaflow/cmd/hpaflow/reports"
	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
	"hpaflow/data/store/cache"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/machine"
	"hpaflow/flow/standin"
	"hpaflow/flow/units"
	"hpaflow/flow/units/steps"
)

func runCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a flow",
		ArgsUsage: "FILE.flow",
		Flags: append([]cli.Flag{
			setFlag(),
			workersFlag(),
			memoryFlag(),
			&cli.StringFlag{Name: "changed", Usage: "what to do about results whose inputs or settings have changed: " + strings.Join(flow.ChangePolicies, ", ") + "; auto: redo, but refuse for training (default: as the flow says)"},
			&cli.StringFlag{Name: "unit", Usage: "do one unit of the flow, `K` from 0, or those that are K modulo N (K/N); auto: the one that Slurm, PBS, SGE, LSF, Kubernetes or AWS Batch says"},
			&cli.BoolFlag{Name: "retry-failed", Usage: "of a flow that is done by units, try again what has failed; what is mended is added as new units"},
			progressFlag(),
		}, slices.Concat(watchFlags(), cacheFlags(), cluster.RunFlags())...),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("run takes one .flow file, not %d", c.NArg())
			}
			return run(c, reg)
		},
	}
}

// clustered is the program as the commands of clusters know it.
func clustered(reg *component.Registry) cluster.Program {
	release, _ := stamps()
	return cluster.Program{
		Registry: reg, Version: release, Options: runOptions, HoldMemory: holdMemory, CacheFlags: cacheFlags, CacheStores: cacheStores,
		RunStep: func(ctx context.Context, g *steps.Graph, s *steps.Step, o cluster.StepRun) error {
			return runStep(ctx, reg, g, s, o)
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
	return &cli.StringFlag{Name: "memory", Usage: "bytes in flight, at most, such as 2GiB; 1MiB or more (default: a quarter of the machine's)"}
}

func progressFlag() cli.Flag {
	return &cli.StringFlag{Name: "progress", Value: "auto", Usage: "auto: a bar on a terminal, else lines; plain: lines; none"}
}

func run(c *cli.Context, reg *component.Registry) error {
	ctx, stop := interruptible(c.Context, c.App.ErrWriter)
	defer stop()
	stdout, stdin := c.App.Writer.(*terminal.Output), c.App.Reader.(*terminal.Input)
	stdout.Until(ctx)
	stdin.Until(ctx)
	defer atomicfile.WaitForReaders(ctx, func(path string) {
		fmt.Fprintf(c.App.ErrWriter, "hpaflow: waiting for somebody to read from %s\n", lang.Safe(path))
	})()
	r := &running{
		reg: reg, out: c.App.ErrWriter, results: c.App.ErrWriter, stdout: stdout, workers: c.String("workers"), memory: c.String("memory"),
		changed: c.String("changed"), progress: c.String("progress"),
		unit: c.String("unit"), retry: c.Bool("retry-failed"),
	}
	told, err := cacheStores(c)
	if err != nil {
		return err
	}
	defer told()
	if r.cluster, err = clustered(reg).SubmitTo(c); err != nil {
		return err
	}
	if r.cluster != nil && r.unit != "" {
		return errors.New("--unit and --cluster exclude each other: the cluster says who does which unit")
	}
	return r.watched(c, func() error { return r.file(ctx, c.Args().First(), c.StringSlice("set")) })
}

func cacheFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "cache", TakesFile: true, Usage: "keep what is read from stores (s3://, https:// and so on) in this `FOLDER`, so that it is sent once; other runs may share it"},
		&cli.StringFlag{Name: "cache-size", Value: "10GiB", Usage: "bytes that --cache keeps, at most; what was used longest ago goes first"},
	}
}

// cacheStores puts a cache before the stores, where one is asked for. Told says in the
// end why something could not be kept.
func cacheStores(c *cli.Context) (told func(), err error) {
	if !c.IsSet("cache") {
		if c.IsSet("cache-size") {
			return nil, errors.New("--cache-size needs --cache, which says where")
		}
		return func() {}, nil
	}
	size, err := component.ParseSize(c.String("cache-size"))
	if err != nil {
		return nil, fmt.Errorf("--cache-size: %w", err)
	}
	kept, err := cache.New(c.String("cache"), size)
	if err != nil {
		return nil, fmt.Errorf("--cache: %w", err)
	}
	store.Decorate(kept.Wrap)
	return func() {
		if err := kept.Err(); err != nil {
			fmt.Fprintf(c.App.ErrWriter, "hpaflow: %s\n", lang.SafeLines(err.Error()))
		}
	}, nil
}

// running is how flows are run, and how people are told.
type running struct {
	reg             *component.Registry
	out             io.Writer // standard error
	results         io.Writer // where results are named in the end
	stdout          *terminal.Output
	workers, memory string
	board           *live.Board     // what is shown of the run; nil: nothing is
	changed         string          // empty: as the flow says
	unit            string          // which units; empty: the whole flow
	retry           bool            // what failed before
	reports         reports.Files   // where it is told what the run did
	did             *[]reports.Flow // for them; nil: there are none
	progress        string          // auto, plain or none
	brief           bool            // without the table of stages
	at              []string        // where the flow stands in files of several steps, the outermost first
	step            string          // the names of the steps that led here, a/b; empty: it was asked for
	graph           *steps.Graph    // of the file that was asked for, if it is made of steps
	cluster         *cluster.Submit // whose workers do the units; nil: this process does
	follow          units.Watch     // is told of each graph; nil: nobody is
}

// file runs a flow, or the steps of one, with variables set.
func (r *running) file(ctx context.Context, path string, sets []string) error {
	var f *lang.File
	var faults lang.Diagnostics
	var graph *steps.Graph
	var err error
	read := func() error {
		if f, faults = lang.Find(path, r.reg); faults == nil && r.step == "" {
			graph, err = steps.Of(f, path, sets, r.reg)
		}
		return nil
	}
	if err := unlessStopped(ctx, read); err != nil {
		return err
	}
	if r.step == "" {
		r.graph = graph
		_, faulty := errors.AsType[lang.Diagnostics](err) // which is told below
		switch {
		case (r.unit != "" || r.cluster != nil) && err != nil && !faulty:
			return &exitError{exitUsage, err}
		case r.unit != "" && graph != nil:
			return r.chosenSteps(ctx, graph)
		}
	}
	var plan *lang.Plan
	if faults == nil {
		if err := unlessStopped(ctx, func() error { plan, faults = f.Load(sets, r.reg); return nil }); err != nil {
			return err
		}
	}
	if len(faults) == 0 {
		if err := r.ready(path, plan); err != nil {
			return err
		}
		if r.cluster != nil && r.graph != nil && len(r.at) == 0 {
			return r.then(plan, r.clusterSteps(ctx, path, sets))
		}
		if len(plan.Steps) > 0 {
			return r.then(plan, r.steps(ctx, plan))
		}
	}
	if len(r.at) > 0 && r.progress != "none" {
		fmt.Fprintf(r.out, "\n%s\n", lang.Safe(strings.Join(r.at, "; ")))
	}
	if len(faults) > 0 {
		faults.Render(r.out, terminal.Colours(r.out))
		return &exitError{code: exitUsage}
	}
	return r.then(plan, r.noted(r.flow(ctx, plan)))
}

// then names the results of the flow that was asked for, if it went well.
func (r *running) then(plan *lang.Plan, err error) error {
	if err != nil || r.step != "" || r.progress == "none" {
		return err
	}
	return showResults(r.results, plan)
}

// ready says what of the program stands in for files, and finds what a run
// would fail for at its end.
func (r *running) ready(path string, plan *lang.Plan) error {
	tellStandIns(r.out, plan, r.progress == "none")
	if plan.Streams()["output"] != "" || r.reports.Stdout() {
		if err := r.stdout.Open(); err != nil {
			return &exitError{exitFailed, err}
		}
	}
	if plan.Packs() {
		if err := r.stdout.TakesBytes("a tar stream"); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	if err := r.reports.CheckPlan(path, plan); err != nil || r.step != "" {
		return err
	}
	return r.reports.CheckOwn()
}

// tellStandIns names the flows that come with the program and are taken in the
// place of files. A file that was named with its folder was meant to be there:
// that is said even where little is.
func tellStandIns(out io.Writer, plan *lang.Plan, brief bool) {
	for _, name := range plan.StoodIn {
		if brief && filepath.Base(name) == name {
			continue
		}
		fmt.Fprintf(out, "hpaflow: there is no file %s; the flow %s that comes with the program is taken\n", lang.Safe(name), lang.Safe(filepath.Base(name)))
	}
}

func (r *running) flow(ctx context.Context, plan *lang.Plan) error {
	opts, err := runOptions(r.workers, r.memory, plan)
	if err == nil {
		err = setChanged(&opts, r.changed)
	}
	if err != nil {
		return err
	}
	show, err := newProgress(r.progress, r.out)
	if err != nil {
		return err
	}
	if err := plan.Bring(ctx); err != nil {
		return &exitError{exitFailed, err}
	}
	show.brief = r.brief
	if byUnits, err := r.byUnits(ctx, plan, opts, show); byUnits || err != nil {
		return err
	}
	standIns, err := standin.Hold(ctx, plan, func(text string) { show.note(plan.Name, text) })
	if err != nil {
		return &exitError{exitFailed, err}
	}
	return r.whole(ctx, plan, opts, show, standIns)
}

// whole runs a flow that is not cut.
func (r *running) whole(ctx context.Context, plan *lang.Plan, opts flow.Options, show *progress, standIns *standin.Folders) error {
	g := flow.New(opts)
	if err := built(ctx, plan, g); err != nil {
		return standIns.Close(err)
	}
	standIns.Follow(g)
	show.named = standIns.Named
	if r.board != nil {
		r.board.Follow(g, r.step, r.at)
		defer r.board.Rest()
	}
	g.Notify(r.board.Events(show.events()))
	defer holdMemory(opts.Memory)()
	show.start(g)
	ended := r.followed(g)
	cause := standIns.Close(g.Run(ctx))
	ended(g.Stats(), cause)
	return r.ended(g.Stats(), cause, show)
}

// followed tells who follows the run of a graph that begins.
func (r *running) followed(g *flow.Graph) (ended func(flow.Stats, error)) {
	if r.follow == nil {
		return func(flow.Stats, error) {}
	}
	return r.follow(g)
}

// built builds a plan's graph, for which its inputs are looked at.
func built(ctx context.Context, plan *lang.Plan, g *flow.Graph) error {
	return unlessStopped(ctx, func() error {
		if err := plan.Build(g); err != nil {
			return &exitError{exitUsage, err}
		}
		return nil
	})
}

// ended tells what a run did.
func (r *running) ended(stats flow.Stats, cause error, show *progress) error {
	show.finish(stats, cause)
	for _, lack := range atomicfile.Conceded() {
		fmt.Fprintln(r.out, "hpaflow:", lack)
	}
	r.note(stats, cause)
	return outcome(stats, cause)
}

// runOptions joins what the flow file says with what the command line says,
// which wins.
func runOptions(workers, memory string, plan *lang.Plan) (flow.Options, error) {
	return withFlags(plan.Options(), workers, memory)
}

func withFlags(opts flow.Options, workers, memory string) (flow.Options, error) {
	if workers != "auto" {
		n, err := strconv.Atoi(workers)
		if err != nil || n < 1 {
			return opts, fmt.Errorf(`--workers is %q, want "auto" or a positive number`, workers)
		}
		if n > component.MostWorkers {
			return opts, fmt.Errorf("--workers is %d, and a stage has %d at most", n, component.MostWorkers)
		}
		opts.Workers = n
	}
	if memory != "" {
		n, err := component.ParseSize(memory)
		if err != nil {
			return opts, fmt.Errorf("--memory: %q is not a size such as 2GiB", memory)
		}
		if err := component.CheckMemory(n); err != nil {
			return opts, fmt.Errorf("--memory %s: %w", memory, err)
		}
		opts.Memory = n
	}
	given := cmp.Or(opts.Memory, 4*component.LeastMemory) // else it is a quarter of what there is
	if err := machine.CheckAddressSpace(given); err != nil {
		return opts, fmt.Errorf("memory of %s: %w", component.FormatSize(given), err)
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
		return &exitError{exitInterrupted, withUnsaved(cause)}
	case component.IsInputError(cause):
		return &exitError{exitUsage, cause}
	case cause != nil:
		return &exitError{exitFailed, cause}
	case stats.DeadLetters > 0:
		return &exitError{code: exitDeadLetters}
	}
	return nil
}
