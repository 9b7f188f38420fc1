package sinks

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/metrics"
)

func metricsSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindSink, Name: "metrics",
		Doc: "Write the scores of every epoch to DIR/metrics.csv: epoch, split, loss, accuracy, macro_f1, macro_f1_present " +
			"(over labels that occur), and F1 of each label. The file is complete after every epoch.",
		In: in(epochType),
		Fields: []flow.Field{
			{Name: "dir", Type: flow.OutputDir, Doc: "folder of the run, made if need be"},
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			s := &metricsSink{file: filepath.Join(n.Args.String("dir"), "metrics.csv"), graph: n.Graph}
			flow.To(flow.In[*models.Epoch](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// metricsSink keeps the table in memory and rewrites it with each epoch.
type metricsSink struct {
	file  string
	graph *flow.Graph
	rows  [][]string
}

// Open reads the rows of the epochs an earlier run completed. Those of later
// epochs, which will be trained again, are dropped.
func (s *metricsSink) Open(context.Context) error {
	if err := prepare(s.file); err != nil {
		return err
	}
	f, err := os.Open(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	for _, row := range rows {
		if n, err := strconv.Atoi(row[0]); err == nil && n < s.graph.Resume().Epochs {
			s.rows = append(s.rows, row)
		}
	}
	return nil
}

func (s *metricsSink) Write(_ context.Context, r flow.Record[*models.Epoch]) error {
	e := r.Value
	s.rows = append(s.rows, metricsRow(e.Number, "train", e.Train))
	if e.Val != nil {
		s.rows = append(s.rows, metricsRow(e.Number, "val", *e.Val))
	}
	return atomicfile.Write(s.file, func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Write(metricsHeader(len(e.Train.F1)))
		return out.WriteAll(s.rows)
	})
}

func (s *metricsSink) Commit(context.Context) error { return nil }
func (s *metricsSink) Abort() error                 { return nil }

func metricsHeader(classes int) []string {
	header := []string{"epoch", "split", "loss", "accuracy", "macro_f1", "macro_f1_present"}
	for n := range classes {
		header = append(header, fmt.Sprintf("f1_%02d", n))
	}
	return header
}

// metricsRow writes numbers so that reading them gives the same float64.
func metricsRow(epoch int, split string, m metrics.Result) []string {
	row := []string{strconv.Itoa(epoch), split}
	for _, v := range append([]float64{m.Loss, m.Accuracy, m.MacroF1, m.MacroF1Present}, m.F1...) {
		row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return row
}
