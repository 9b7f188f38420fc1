package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/cluster"
	"hpaflow/cmd/hpaflow/compare"
	"hpaflow/cmd/hpaflow/export"
	"hpaflow/cmd/hpaflow/names"
	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/cmd/hpaflow/view"
	"hpaflow/cmd/hpaflow/watch"
	"hpaflow/configs"
	"hpaflow/data/place"
	"hpaflow/data/processor"
	"hpaflow/data/store/all"
	"hpaflow/data/store/remote"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/ops"
	"hpaflow/sinks"
	"hpaflow/sources"
)

// The exit codes. Scripts rely on them.
const (
	exitDone        = 0
	exitFailed      = 1   // the run failed
	exitUsage       = 2   // the flow or the arguments are wrong
	exitDeadLetters = 3   // done, but some records failed
	exitNotYet      = 75  // a unit waits for others; the same command works later (EX_TEMPFAIL of sysexits.h)
	exitInterrupted = 130 // interrupted; the same command resumes
)

// stores makes the stores known that URLs may name.
var stores = func() { all.Register(remote.Options{}) }

func main() {
	stores()
	os.Exit(mainExit(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// mainExit is the program without its process: it gives the exit code.
func mainExit(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out, in := terminal.NewOutput(stdout), terminal.NewInput(stdin)
	return endOf(newApp(newRegistry(in, out), in, out, stderr), args, out, stderr)
}

// endOf runs the program to its exit code.
func endOf(app *cli.App, args []string, out *terminal.Output, stderr io.Writer) int {
	words, err := arranged(app, args)
	if err == nil {
		err = processor.Check()
	}
	if err == nil {
		err = app.RunContext(context.Background(), words)
	}
	if left := place.Forget(); left != nil {
		fmt.Fprintln(stderr, "hpaflow:", left)
	}
	if lost := out.Failed(); lost != nil {
		err = &exitError{exitFailed, fmt.Errorf("standard output: %w", lost)}
	}
	if err == nil {
		return exitDone
	}
	var exit *exitError
	if e := (*cluster.Exit)(nil); errors.As(err, &e) {
		err = &exitError{e.Code, e.Err}
	}
	if e := (*names.NoneError)(nil); errors.As(err, &e) {
		err = &exitError{exitFailed, e}
	}
	if !errors.As(err, &exit) { // an unknown flag, a missing argument
		fmt.Fprintf(stderr, "hpaflow: %s\n  see %s --help\n", lang.SafeLines(err.Error()), commandLine(app, args))
		return exitUsage
	}
	if exit.err != nil {
		fmt.Fprintln(stderr, prefixed(lang.SafeLines(exit.err.Error())))
	}
	return exit.code
}

// prefixed says who speaks, unless the text begins with the name of one of the
// program's own flows, which says so too.
func prefixed(text string) string {
	if strings.HasPrefix(text, lang.BuiltIn) {
		return text
	}
	return "hpaflow: " + text
}

// exitError ends the program with a code, and a message unless err is nil.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// unknownCommand is the error of a word in the place of a command, which may be
// a flow to be run.
func unknownCommand(app *cli.App, word string, flows fs.FS) error {
	name := strings.TrimSuffix(word, ".flow") + ".flow"
	if _, err := fs.Stat(flows, filepath.Base(name)); err == nil || word == name {
		return fmt.Errorf("unknown command %q; did you mean hpaflow run %s?", word, name)
	}
	var names []string
	for _, command := range app.Commands {
		names = append(names, command.Name)
	}
	return fmt.Errorf("unknown command %q; %s", word, cmp.Or(lang.DidYouMean(word, names, "commands"), "see hpaflow --help"))
}

// newRegistry holds all components there are.
func newRegistry(stdin io.Reader, stdout io.Writer) *component.Registry {
	reg := &component.Registry{Flows: configs.Files}
	sources.Register(reg, stdin)
	ops.Register(reg)
	sinks.Register(reg, stdout)
	return reg
}

func newApp(reg *component.Registry, stdin io.Reader, stdout, stderr io.Writer) *cli.App {
	release, _ := stamps()
	app := &cli.App{
		Name:  "hpaflow",
		Usage: "run typed dataflow graphs over microscopy images",
		Description: "A .flow file names sources, ops and sinks and how they are joined; hpaflow checks it,\n" +
			"runs it in bounded memory, and says which stage limits it.\n\n" +
			"Exit codes: 0 done; 1 the run failed; 2 the flow or the arguments are wrong;\n" +
			"3 done, with dead letters; 75 a unit of a file of steps waits for others, try again later;\n" +
			"130 interrupted, run it again to go on.",
		Reader:                    stdin,
		Writer:                    stdout,
		ErrWriter:                 stderr,
		Version:                   release,
		DisableSliceFlagSeparator: true, // --set list=a,b is one value
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return err },
		Commands: []*cli.Command{
			runCommand(reg), unitsCommand(reg), finishCommand(reg), demoCommand(reg), checkCommand(reg), graphCommand(reg), fmtCommand(), opsCommand(reg), shardsCommand(), names.Command(), view.Command(reg), benchCommand(reg), gpuCommand(),
			completionCommand(), completeCommand(), manCommand(), configsCommand(reg),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c.App, name, reg.Flows)
			}
			return cli.ShowAppHelp(c)
		},
	}
	app.Commands = append(app.Commands, export.Command(release, func(err error) error { return &exitError{exitFailed, err} }))
	app.Commands = append(app.Commands, batchesOf(reg).Command())
	app.Commands = append(app.Commands, compare.Command(func(err error) error { return &exitError{exitFailed, err} }))
	app.Commands = append(app.Commands, watch.Program{Exit: func(code int, err error) error { return &exitError{code, err} }, Interruptible: interruptible}.Command())
	app.Commands = append(app.Commands, clustered(reg).Commands()...)
	prepare(app.Commands)
	return app
}
