package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/cmd/hpaflow/terminal"
)

// Program is what the command needs of the program that it belongs to.
type Program struct {
	Exit          func(code int, err error) error
	Interruptible func(context.Context, io.Writer) (context.Context, func())
}

// Command is `hpaflow watch`.
func (p Program) Command() *cli.Command {
	return &cli.Command{
		Name:      "watch",
		Usage:     "show in a terminal what a run does that was started with --http",
		ArgsUsage: "ADDRESS",
		Description: "ADDRESS is what --http was given: :6060, host:6060 or http://host:6060/. On a terminal the picture is drawn anew every\n" +
			"second; elsewhere there is a line every few. It ends when the run does, with the run's exit code; 1: no run answers.",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "every", Value: 5 * time.Second, Usage: "`TIME` between lines, where standard output is no terminal"},
			&cli.DurationFlag{Name: "patience", Value: 30 * time.Second, Usage: "`TIME` for which a run that does not answer is waited for"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("watch takes the address of a run, as :6060, not %d words", c.NArg())
			}
			base, err := baseOf(c.Args().First())
			if err != nil {
				return err
			}
			ctx, stop := p.Interruptible(c.Context, c.App.ErrWriter)
			defer stop()
			end, err := watch(ctx, base, c.Duration("patience"), viewOf(c))
			switch {
			case ctx.Err() != nil:
				return p.Exit(interrupted, nil)
			case err != nil:
				return p.Exit(1, err)
			case end.Code != 0:
				return p.Exit(end.Code, nil)
			}
			return nil
		},
	}
}

const interrupted = 130

// baseOf is the URL that an address means.
func baseOf(given string) (string, error) {
	if strings.Contains(given, "://") {
		u, err := url.Parse(given)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", fmt.Errorf("%q is no address of a run, want :6060, host:6060 or http://host:6060/", given)
		}
		return u.Scheme + "://" + u.Host, nil
	}
	if _, err := strconv.ParseUint(given, 10, 16); err == nil {
		given = ":" + given
	}
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		return "", fmt.Errorf("%q is no address of a run, want :6060, host:6060 or http://host:6060/", given)
	}
	if host == "" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// view shows what a run tells. An error is of writing: nobody looks any more.
type view interface {
	show(live.State, []live.Point) error
	away(err error, left time.Duration) error // the run does not answer
	close(last *live.State) error             // nil: the run's end is not known
}

func viewOf(c *cli.Context) view {
	if o, ok := c.App.Writer.(*terminal.Output); ok && o.File() != nil && terminal.Moves(o.File()) {
		return newScreen(o, o.File(), terminal.Colours(o.File()))
	}
	return &lines{out: c.App.Writer, every: c.Duration("every")}
}

// errNoRun is the error of an address at which there is none.
var errNoRun = errors.New("is there a run with --http?")

// lines are for logs and pipes.
type lines struct {
	out   io.Writer
	every time.Duration
	last  time.Time
	said  bool // that the run is away
}

func (l *lines) show(s live.State, _ []live.Point) error {
	l.said = false
	if time.Since(l.last) < l.every || s.Phase == live.Waiting && s.Cluster == nil {
		return nil
	}
	l.last = time.Now()
	_, err := fmt.Fprintln(l.out, line(s))
	return err
}

func (l *lines) away(err error, left time.Duration) error {
	if l.said {
		return nil
	}
	l.said = true
	_, err = fmt.Fprintf(l.out, "the run does not answer: %v; tried again for %s\n", err, left.Round(time.Second))
	return err
}

func (l *lines) close(last *live.State) error {
	if last == nil {
		return nil
	}
	_, err := fmt.Fprintln(l.out, line(*last))
	return err
}
