package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/urfave/cli/v2"

	"hpaflow/flow"
	"hpaflow/flow/cluster"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
	"hpaflow/flow/units/steps"
)

// Program is what the commands need of the program that they belong to.
type Program struct {
	Registry *component.Registry
	Version  string

	// Options joins what a flow says with --workers and --memory; HoldMemory keeps the
	// process to it.
	Options    func(workers, memory string, plan *lang.Plan) (flow.Options, error)
	HoldMemory func(given int64) (stop func())

	// CacheStores puts a cache before the stores, if flags say so (CacheFlags).
	CacheFlags  func() []cli.Flag
	CacheStores func(*cli.Context) (told func(), err error)

	// RunStep runs one of the steps of a file, as run --unit does.
	RunStep func(context.Context, *steps.Graph, *steps.Step, StepRun) error
}

// StepRun is how a step is run.
type StepRun struct {
	Workers, Memory, Changed string
	Out                      io.Writer
	Watch                    units.Watch
}

// The program's exit codes, of which these commands use some.
const (
	exitFailed = 1
	exitUsage  = 2
)

// Exit ends the program with a code, and a message unless Err is nil.
type Exit struct {
	Code int
	Err  error
}

func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Exit) Unwrap() error { return e.Err }

func failed(err error) error {
	var exit *Exit
	if err == nil || errors.As(err, &exit) {
		return err
	}
	return &Exit{exitFailed, err}
}

// Commands are those of the program.
func (p Program) Commands() []*cli.Command {
	return []*cli.Command{p.workCommand(), p.slotCommand(), p.clusterCommand()}
}

const clusterUsage = "the `CLUSTER`: nats://HOST:4222, tls://HOST:4222, or @DIR, the folder of hpaflow cluster serve"

// Flags are those by which a cluster is reached.
func Flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "cluster", Usage: clusterUsage},
		&cli.StringFlag{Name: "token-file", TakesFile: true, Usage: "`FILE` with the cluster's token, an nkey's seed or NATS credentials (default: DIR/token of @DIR)"},
		&cli.StringFlag{Name: "tls-ca", TakesFile: true, Usage: "`FILE` with the certificates that the cluster's is checked by (default: DIR/ca.pem of @DIR, else the system's)"},
	}
}

// address reads the flags.
func address(c *cli.Context) (cluster.Address, error) {
	given := c.String("cluster")
	if given == "" {
		return cluster.Address{}, errors.New("--cluster says where the cluster is: nats://HOST:4222, or @DIR")
	}
	return cluster.Resolve(given, c.String("token-file"), c.String("tls-ca"))
}

// myName names this process among workers.
func myName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// signals gives a channel of what is to end the program.
func signals() (<-chan os.Signal, func()) {
	caught := make(chan os.Signal, 4)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
	return caught, func() { signal.Stop(caught) }
}

// say prints a line of this program.
func say(out io.Writer, format string, args ...any) {
	fmt.Fprintln(out, "hpaflow:", lang.SafeLines(fmt.Sprintf(format, args...)))
}

// jobOf is the job of a flow's units, for workers that see the same storage.
func jobOf(plan *lang.Plan, run, dir, version string) (*cluster.Job, error) {
	from, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	return &cluster.Job{
		Format: cluster.Format, Run: run, Dir: dir, Name: plan.Name, Text: string(plan.Resolved()),
		From: from, Relative: hasRelative(plan), Version: version, Host: host,
	}, nil
}

// hasRelative says that the plan has paths that depend on the working folder.
func hasRelative(plan *lang.Plan) bool {
	read, written := plan.Paths()
	for _, path := range append(read, written...) {
		if isRelative(path) {
			return true
		}
	}
	for _, n := range plan.Nodes { // and settings that are a path if there is such a file
		for _, v := range n.Args {
			if text, ok := v.(string); ok && isRelative(text) {
				if _, err := os.Stat(text); err == nil {
					return true
				}
			}
		}
	}
	return false
}

func isRelative(path string) bool {
	return path != "" && path != "-" && !filepath.IsAbs(path) && !isURL(path)
}
