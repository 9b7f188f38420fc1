package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/configs"
	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/challenge"
	"hpaflow/data/metrics"
	"hpaflow/data/table"
	"hpaflow/flow/component"
)

func demoCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "run the whole workflow on synthetic cells, in about three minutes on two cores",
		Description: "Draws cells, finds duplicates and leaks, splits, trains two networks, averages\n" +
			"them, predicts, and makes a submission, by the flows it writes to DIR/configs.\n" +
			"Stopped or killed, the same command goes on.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Value: "demo", Usage: "folder of it all, made if need be"},
			setFlag(),
			&cli.StringFlag{Name: "progress", Value: "auto", Usage: "auto: a bar on a terminal, else lines; plain: lines; none"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() != 0 {
				return fmt.Errorf("demo takes no argument, and %q is given; the folder is set by --dir", c.Args().First())
			}
			return demo(c, reg)
		},
	}
}

func demo(c *cli.Context, reg *component.Registry) error {
	began := time.Now()
	dir := c.String("dir")
	if err := writeConfigs(filepath.Join(dir, "configs")); err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context, c.App.ErrWriter)
	defer stop()
	r := &running{reg: reg, out: c.App.ErrWriter, workers: "auto", progress: c.String("progress")}
	sets := append([]string{"dir=" + dir, "flows=" + filepath.Join(dir, "configs")}, c.StringSlice("set")...)
	if err := r.file(ctx, filepath.Join(dir, "configs", "demo.flow"), sets); err != nil {
		return err
	}
	s, err := readScores(dir)
	if err != nil {
		return err
	}
	s.Seconds = time.Since(began).Seconds()
	err = atomicfile.Write(filepath.Join(dir, "scores.json"), func(w io.Writer) error {
		text := json.NewEncoder(w)
		text.SetIndent("", "  ")
		return text.Encode(s)
	})
	if err != nil {
		return err
	}
	return s.show(c.App.Writer, dir)
}

// writeConfigs puts the program's flows into a folder, where people can read
// and change them. Those that are there and the same are left alone.
func writeConfigs(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := fs.ReadDir(configs.Files, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := fs.ReadFile(configs.Files, e.Name())
		if err != nil {
			return err
		}
		err = atomicfile.Write(filepath.Join(dir, e.Name()), func(w io.Writer) error { _, err := w.Write(text); return err })
		if err != nil {
			return err
		}
	}
	return nil
}

// scores are what the demonstration came to. Programs read them.
type scores struct {
	MacroF1Present      float64 `json:"macro_f1_present"`       // on test_val, of the labels that occur there
	GuessMacroF1Present float64 `json:"guess_macro_f1_present"` // that guessing by frequency would reach
	TestMacroF1Present  float64 `json:"test_macro_f1_present"`  // of submission.csv, by solution.csv
	LeakMacroF1Present  float64 `json:"leak_macro_f1_present"`  // of submission.csv.leak.csv
	Seconds             float64 `json:"seconds"`                // of this run
}

func readScores(dir string) (*scores, error) {
	s := &scores{}
	text, err := os.ReadFile(filepath.Join(dir, "submissions", "thresholds.json"))
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	solution, err := table.ReadLabelled(filepath.Join(dir, "data", "solution.csv"), len(data.LabelNames))
	if err != nil {
		return nil, err
	}
	for name, score := range map[string]*float64{"submission.csv": &s.TestMacroF1Present, "submission.csv.leak.csv": &s.LeakMacroF1Present} {
		claims, err := challenge.Read(filepath.Join(dir, "submissions", name), len(data.LabelNames))
		if err != nil {
			return nil, err
		}
		if *score, err = scoreClaims(claims, solution); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// scoreClaims is the macro F1, of the labels that occur, of a submission.
func scoreClaims(claims []challenge.Row, solution []table.Row) (float64, error) {
	claimed := make(map[string]data.Labels, len(claims))
	for _, c := range claims {
		claimed[c.ID] = c.Labels
	}
	e := metrics.NewEpoch(len(data.LabelNames))
	for _, r := range solution {
		labels, here := claimed[r.ID]
		if !here {
			return 0, fmt.Errorf("%s is not in the submission", r.ID)
		}
		e.Decide(labels, r.Labels)
	}
	return e.Result().MacroF1Present, nil
}

// show prints scores and where there is something to look at.
func (s *scores) show(w io.Writer, dir string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nmacro F1, of the labels that occur")
	for _, line := range []struct {
		what  string
		score float64
	}{
		{"test_val, by the thresholds chosen there", s.MacroF1Present},
		{"test, submission.csv", s.TestMacroF1Present},
		{"test, with leaks applied, submission.csv.leak.csv", s.LeakMacroF1Present},
		{"guessing by frequency, on test_val", s.GuessMacroF1Present},
	} {
		fmt.Fprintf(t, "  %s\t%.3f\n", line.what, line.score)
	}
	fmt.Fprintf(t, "  took %.0f seconds\n\nto look at\n", s.Seconds)
	for _, p := range []struct{ file, what string }{
		{"data/cells.png", "cells of each label"},
		{"data/duplicates.ahash.png", "samples that show one picture"},
		{"data/split.stratified.png", "how evenly labels are split"},
		{"results/first/report.html", "the first network's run"},
		{"results/second/report.html", "the second one's"},
		{"results/search/search.csv", "the trials of the search for augmentation"},
		{"submissions/thresholds.png", "F1 and threshold of each label"},
		{"submissions/submission.csv", "the submission"},
		{"scores.json", "these scores"},
		{"configs/demo.flow", "the flow that was run"},
	} {
		path := filepath.Join(dir, filepath.FromSlash(p.file))
		if _, err := os.Stat(path); err == nil {
			fmt.Fprintf(t, "  %s\t%s\n", path, p.what)
		}
	}
	return t.Flush()
}
