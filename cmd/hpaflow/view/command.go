package view

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/cmd/hpaflow/view/inputs"
	"hpaflow/data"
	"hpaflow/flow/component"
)

// Command is view.
func Command(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "view",
		Usage:     "look at images, labels, predictions, duplicates and embeddings in the browser",
		ArgsUsage: "PATH...",
		Description: "PATH may be a folder of channel images or of RGBY PNGs, shards (a URL too), a data folder, a run's folder, or a file:\n" +
			"CSV of labels, splits, probabilities, thresholds, duplicates, hashes or a submission; embeddings (.parquet, .csv);\n" +
			"dead letters. Folders are looked into. What is given is joined by Id. Open the address that is printed: it has a\n" +
			"token, without which nobody sees anything.\n" +
			"\n" +
			"Nothing is written but corrections, when you make some: flags, notes, labels added or removed. They are kept in\n" +
			"--corrections, which flows take: hpaflow run train.flow --set corrections=corrections.csv. Interrupt it to end it.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "http", Value: ":0", Usage: "where the page is served: a `PORT` of this machine, or an address; :0 is any free one"},
			&cli.StringFlag{Name: "corrections", Usage: "`FILE` that corrections are kept in (default: one that is among what is given, or corrections.csv here)"},
			&cli.StringFlag{Name: "labels", Usage: "`FILE` with the name of each label, one a line, or hpa2021 (default: those of the Human Protein Atlas if there are 28)"},
			&cli.IntFlag{Name: "classes", Usage: "labels are below this (default: as many as are named, or predicted, or 28)"},
			&cli.StringFlag{Name: "cache", Value: "256MiB", Usage: "memory for pictures"},
		},
		Action: func(c *cli.Context) error { return run(c, reg) },
	}
}

// collectAt is how far the heap may grow before it is collected: the columns of a large
// index lie there for as long as the page is served.
const collectAt = 40

func run(c *cli.Context, reg *component.Registry) error {
	if c.NArg() == 0 {
		return errors.New("view takes folders or files, and none is given; hpaflow view demo shows what hpaflow demo made")
	}
	cache, err := component.ParseSize(c.String("cache"))
	if err != nil {
		return fmt.Errorf("--cache: %w", err)
	}
	debug.SetGCPercent(collectAt)
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	found, err := inputs.Find(ctx, c.Args().Slice())
	if err != nil {
		return err
	}
	classes, names, err := labelsOf(c, found)
	if err != nil {
		return err
	}
	s, err := newServer(options{Found: found, Registry: reg, Classes: classes, Names: names, Corrections: c.String("corrections"), Cache: cache})
	if err != nil {
		return err
	}
	return s.serve(ctx, c.String("http"), c.App.ErrWriter)
}

// labelsOf says how many labels there are, and their names.
func labelsOf(c *cli.Context, found []*inputs.Input) (classes int, names data.Names, err error) {
	classes = c.Int("classes")
	if classes < 0 || classes > data.MaxClasses {
		return 0, nil, fmt.Errorf("--classes is %d, want 1 to %d", classes, data.MaxClasses)
	}
	if path := c.String("labels"); path != "" && classes == 0 {
		names, err = data.ReadAllNames(path)
		return len(names), names, err
	}
	if classes == 0 {
		if classes = inputs.ClassesOf(found); classes == 0 {
			classes = len(data.LabelNames)
		}
	}
	names, err = data.ReadNames(c.String("labels"), classes)
	return classes, names, err
}

// serve shows the page until the context ends.
func (s *server) serve(ctx context.Context, given string, log io.Writer) error {
	listener, err := live.Listen(given)
	if err != nil {
		return err
	}
	address, open := live.Reachable(listener)
	fmt.Fprintf(log, "hpaflow: look at http://%s/?token=%s\n", address, s.token)
	if open {
		fmt.Fprintf(log, "hpaflow: %s is open to the network: whoever has the token can look and correct\n", listener.Addr())
	}
	for _, in := range s.loader.Told() {
		fmt.Fprintf(log, "  %-14s %s\n", in.Kind, strings.Map(printable, in.Name))
	}
	server := &http.Server{Handler: live.OnlyHosts(given, s.handler()), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	loading, end := context.WithCancel(ctx)
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		s.load(loading)
	}()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		bounded, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(bounded) != nil {
			server.Close()
		}
		<-ended
	}
	end()
	<-loaded
	s.close()
	return err
}

// printable leaves out of a name what a terminal would take for more than a letter.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}
