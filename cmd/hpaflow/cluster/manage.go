package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/flow/cluster"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
)

func (p Program) clusterCommand() *cli.Command {
	return &cli.Command{
		Name:  "cluster",
		Usage: "run the broker of a cluster, and look after what is queued",
		Subcommands: []*cli.Command{
			serveCommand(),
			{
				Name:        "status",
				Usage:       "list the flows that are queued, how far they are, and who works",
				ArgsUsage:   " ",
				Description: "Units that were tried too often are named; hpaflow cluster retry queues them again.",
				Flags:       append(Flags(), &cli.BoolFlag{Name: "json", Usage: "print JSON"}),
				Action:      managed(status),
			},
			{
				Name:      "retry",
				Usage:     "queue again the units that were tried too often, of a JOB or of all",
				ArgsUsage: "[JOB]",
				Flags:     Flags(),
				Action:    managed(retry),
			},
			{
				Name:        "cancel",
				Usage:       "take a job off the queue",
				ArgsUsage:   "JOB",
				Description: "Workers give up the units that they are at. What is done stays; the same run command queues the rest again.",
				Flags:       Flags(),
				Action:      managed(cancel),
			},
		},
	}
}

// managed connects to the cluster.
func managed(do func(c *cli.Context, to *cluster.Client) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		a, err := address(c)
		if err != nil {
			return err
		}
		to, err := cluster.Connect(c.Context, a, myName(), nil)
		if err != nil {
			return failed(err)
		}
		defer to.Close()
		return do(c, to)
	}
}

// standing is how a job stands.
type standing struct {
	ID        string    `json:"job"`
	Flow      string    `json:"flow"`
	Dir       string    `json:"dir"`
	Host      string    `json:"submitted_from"`
	Submitted time.Time `json:"submitted"`
	Waiting   int       `json:"waiting"`
	InFlight  int       `json:"in_flight"`
	Again     int       `json:"redelivered"`
	Dead      []int     `json:"exhausted"`
}

// answersIn is how long workers have to say that they are there.
const answersIn = 500 * time.Millisecond

func status(c *cli.Context, to *cluster.Client) error {
	if c.NArg() != 0 {
		return errors.New("status takes no argument")
	}
	ctx := c.Context
	ids, err := to.Jobs(ctx)
	if err != nil {
		return failed(err)
	}
	jobs := []standing{}
	for _, id := range ids {
		s, err := standingOf(ctx, to, id)
		if err != nil {
			return failed(err)
		}
		if s != nil {
			jobs = append(jobs, *s)
		}
	}
	workers, err := to.Who(ctx, answersIn)
	if err != nil {
		return failed(err)
	}
	if c.Bool("json") {
		if workers == nil {
			workers = []cluster.State{}
		}
		return json.NewEncoder(c.App.Writer).Encode(map[string]any{"jobs": jobs, "workers": workers})
	}
	return failed(show(c.App.Writer, jobs, workers))
}

func standingOf(ctx context.Context, to *cluster.Client, id string) (*standing, error) {
	job, err := to.Job(ctx, id)
	if err != nil || job == nil {
		return nil, err
	}
	s := &standing{ID: id, Flow: job.Name, Dir: job.Dir, Host: job.Host, Submitted: job.Submitted, Dead: []int{}}
	counts, err := to.Counts(ctx, id)
	if errors.Is(err, cluster.ErrForgotten) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.Waiting, s.InFlight, s.Again = counts.Waiting, counts.InFlight, counts.Redelivered
	dead, err := to.Dead(ctx, id)
	if dead != nil {
		s.Dead = dead
	}
	return s, err
}

func show(w io.Writer, jobs []standing, workers []cluster.State) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(jobs) == 0 {
		fmt.Fprintln(t, "nothing is queued")
	} else {
		fmt.Fprintln(t, "job\tflow\tresult\twaiting\tin flight\tgiven up")
	}
	names := map[string]string{}
	for _, j := range jobs {
		names[j.ID] = j.Flow
		dead := "-"
		if len(j.Dead) > 0 {
			dead = units.Ranges(j.Dead)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\n", j.ID, lang.Safe(j.Flow), lang.Safe(j.Dir), j.Waiting, j.InFlight, dead)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(workers) == 0 {
		fmt.Fprintln(w, "no worker answers")
		return nil
	}
	fmt.Fprintln(w)
	fmt.Fprintln(t, "worker\tat\trecords\tdone\tfailed\ttrouble")
	for _, s := range workers {
		at := "-"
		if s.Unit >= 0 {
			at = fmt.Sprintf("%s, unit %d", names[s.Job], s.Unit)
			if s.Delivery > 1 {
				at += fmt.Sprintf(", time %d", s.Delivery)
			}
		}
		first, _, _ := strings.Cut(s.Trouble, "\n")
		fmt.Fprintf(t, "%s\t%s\t%d/%d\t%d\t%d\t%s\n", lang.Safe(s.Worker), lang.Safe(at), s.Records, s.Of, s.Done.Units, s.Done.Failed, lang.Safe(first))
	}
	return t.Flush()
}

// chosen are the jobs that an argument means.
func chosen(c *cli.Context, to *cluster.Client, all bool) ([]string, error) {
	ids, err := to.Jobs(c.Context)
	if err != nil {
		return nil, failed(err)
	}
	switch {
	case c.NArg() > 1 || c.NArg() == 0 && !all:
		return nil, fmt.Errorf("%s takes one job, as hpaflow cluster status lists them", c.Command.Name)
	case c.NArg() == 0:
		return ids, nil
	}
	for _, id := range ids {
		if id == c.Args().First() {
			return []string{id}, nil
		}
	}
	return nil, fmt.Errorf("there is no job %s; %s", c.Args().First(), lang.DidYouMean(c.Args().First(), ids, "there are"))
}

func retry(c *cli.Context, to *cluster.Client) error {
	ids, err := chosen(c, to, true)
	if err != nil {
		return err
	}
	n := 0
	for _, id := range ids {
		of, err := to.Retry(c.Context, id)
		if err != nil {
			return failed(err)
		}
		n += of
	}
	say(c.App.ErrWriter, "units queued again: %d", n)
	return nil
}

func cancel(c *cli.Context, to *cluster.Client) error {
	ids, err := chosen(c, to, false)
	if err != nil {
		return err
	}
	return failed(to.Cancel(c.Context, ids[0]))
}
