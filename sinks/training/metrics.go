package training

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"hpaflow/data/atomicfile"
	"hpaflow/data/metrics"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges/trained"
	"hpaflow/sinks/results"
)

func metricsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "metrics",
		Doc: "Write the scores of every epoch to DIR/metrics.csv: epoch, split, loss, accuracy, macro_f1, macro_f1_present " +
			"(over labels that occur), and F1 of each label. The file is complete after every epoch.",
		In: component.Takes(trained.Progress),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the run, made if need be"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &metricsSink{file: filepath.Join(n.Args.String("dir"), "metrics.csv"), graph: n.Graph}
			flow.To(component.In[*checkpoint.Progress](n, "in"), n.Stage(), s)
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

// Open writes the rows of the epochs an earlier run completed. They come from
// its checkpoint, for the run may have been killed before it wrote them here.
func (s *metricsSink) Open(context.Context) error {
	if err := results.Table("the metrics of a run", metricsHeader(0)...).Check(s.file); err != nil {
		return err
	}
	if err := atomicfile.Prepare(s.file); err != nil {
		return err
	}
	history := historyOf(s.graph)
	if len(history) == 0 {
		return nil
	}
	for i := range history {
		s.add(&history[i])
	}
	return s.write(len(history[0].Train.F1))
}

// historyOf are the scores of the epochs that an earlier run completed.
func historyOf(g *flow.Graph) []checkpoint.EpochScores {
	if c, ok := g.Resume().State.(*checkpoint.Checkpoint); ok {
		return c.Position.History
	}
	return nil
}

func (s *metricsSink) Write(_ context.Context, r flow.Record[*checkpoint.Progress]) error {
	e := r.Value.Scores
	if e == nil {
		return nil
	}
	s.add(e)
	return s.write(len(e.Train.F1))
}

// add takes the rows of an epoch in, in place of those it and later ones had.
func (s *metricsSink) add(e *checkpoint.EpochScores) {
	s.rows = slices.DeleteFunc(s.rows, func(row []string) bool {
		n, err := strconv.Atoi(row[0])
		return err != nil || n >= e.Epoch
	})
	s.rows = append(s.rows, metricsRow(e.Epoch, "train", e.Train))
	if e.Val != nil {
		s.rows = append(s.rows, metricsRow(e.Epoch, "val", *e.Val))
	}
}

func (s *metricsSink) write(classes int) error {
	return atomicfile.Write(s.file, func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Write(metricsHeader(classes))
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
