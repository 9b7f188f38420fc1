package main

import (
	"cmp"
	"errors"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/cmd/hpaflow/preview"
	"hpaflow/cmd/hpaflow/reports"
	"hpaflow/flow"
	"hpaflow/flow/lang"
)

// watchFlags are those by which a run is looked at while it goes on, and after.
func watchFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "http", Usage: "serve a live page, Prometheus metrics and pprof at this `ADDRESS`: :6060 for this machine alone, 0.0.0.0:6060 for the network; hpaflow watch shows the page in a terminal"},
		&cli.StringSliceFlag{Name: "report", TakesFile: true, Usage: "write what the run did to this `FILE`, whose folder is made if need be: a page for FILE.html, else JSON; -: JSON to standard output; may be repeated"},
	}
}

// watched does what a command does, shown to those who look meanwhile, and reported
// in the end.
func (r *running) watched(c *cli.Context, do func() error) error {
	r.reports = reports.Files(c.StringSlice("report"))
	addr := c.String("http")
	if err := r.reports.CheckNames(); err != nil {
		return err
	}
	if addr == "" && len(r.reports) == 0 {
		return do()
	}
	r.board, r.did = &live.Board{Run: strings.TrimSuffix(filepath.Base(cmp.Or(c.Args().First(), "demo")), ".flow"), Eyes: preview.Eyes{}}, &[]reports.Flow{}
	if r.cluster != nil {
		r.board.Cluster = func() any { return r.cluster.Board.View() }
	}
	if addr != "" {
		stop, err := live.Serve(addr, r.board, r.out)
		if err != nil {
			return err
		}
		defer stop()
	}
	rest := r.board.Watch()
	err := do()
	rest()
	r.board.Finish(endOfRun(err))
	if len(r.reports) == 0 || len(*r.did) == 0 {
		return err
	}
	var exit *exitError
	cause := err
	if errors.As(err, &exit) {
		cause = exit.err
	}
	report := reports.Report{Run: r.board.Run, Flows: *r.did, Cause: cause, Board: r.board}
	if fault := r.reports.Write(report, r.stdout, r.out); fault != nil {
		return &exitError{exitFailed, errors.Join(cause, fault)}
	}
	return err
}

// endOfRun is how a run has ended, for those who look.
func endOfRun(err error) live.End {
	end := live.End{State: live.Done}
	if err == nil {
		return end
	}
	end = live.End{Code: exitUsage, State: live.Failed, Cause: lang.SafeLines(err.Error())}
	if exit := (*exitError)(nil); errors.As(err, &exit) {
		end.Code = exit.code
		if exit.err == nil {
			end.Cause = ""
		}
	}
	switch end.Code {
	case exitDeadLetters:
		end.State = live.Done
	case exitInterrupted:
		end.State = live.Interrupted
	}
	return end
}

// note keeps what a flow did for the report. Of a step, what it lost is copied: the
// lists of a graph hold the graph.
func (r *running) note(s flow.Stats, cause error) {
	if r.did == nil || len(r.reports) == 0 {
		return
	}
	if r.step != "" {
		s = flow.Stats{Flow: s.Flow}.Plus(s)
	}
	*r.did = append(*r.did, reports.Flow{Step: r.step, Stats: s, Cause: cause})
}
