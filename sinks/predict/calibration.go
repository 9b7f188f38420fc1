package predict

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/metrics"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func calibrationSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "calibration",
		Doc: "Show thresholds and the scores they reach: print them as a table, and write DIR/thresholds.csv (label, name, threshold, " +
			"present, predicted, f1), DIR/thresholds.json (with macro F1) and DIR/thresholds.png.",
		In: component.Takes(edges.Calibration),
		Fields: append([]component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the files, made if need be"},
		}, report.LabelFields...),
		Build: func(n *component.Node) (component.Output, error) {
			names, err := report.LabelNamesOf(n.Args)
			if err != nil {
				return nil, err
			}
			s := &calibrationSink{labels: n.Args.String("labels"), names: names, dir: n.Args.String("dir"), graph: n.Graph, stage: n.Name}
			s.File = results.NewFile(n, filepath.Join(s.dir, calibrationFiles[0].name), calibrationFiles[0].kind)
			for _, f := range calibrationFiles[1:] {
				s.With(filepath.Join(s.dir, f.name), f.kind)
			}
			flow.To(component.In[*metrics.Calibration](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

var calibrationFiles = []struct {
	name string
	kind results.Kind
	fill func(io.Writer, *metrics.Calibration, data.Names) error
}{
	{"thresholds.csv", results.Table("a table of thresholds", "label", "name", "threshold"), writeThresholds},
	{"thresholds.json", results.JSON("a list of scores", "{"), writeScores},
	{"thresholds.png", results.Picture, report.DrawCalibration},
}

type calibrationSink struct {
	*results.File
	dir    string
	labels string // the file of their names; empty: none
	names  data.Names
	graph  *flow.Graph
	stage  string
	got    *metrics.Calibration
}

func (s *calibrationSink) Open(context.Context) error { return s.File.Open() }

func (s *calibrationSink) Write(_ context.Context, r flow.Record[*metrics.Calibration]) error {
	s.got = r.Value
	var err error
	if classes := len(s.got.Thresholds); classes != len(s.names) {
		s.names, err = data.ReadNames(s.labels, classes)
	}
	return err
}

func (s *calibrationSink) Commit(context.Context) error {
	if s.got == nil {
		return nil
	}
	s.graph.Note(s.stage, calibrationTable(s.got, s.names))
	if s.Kept() {
		return nil
	}
	for _, f := range calibrationFiles {
		err := atomicfile.Write(filepath.Join(s.dir, f.name), func(w io.Writer) error { return f.fill(w, s.got, s.names) })
		if err != nil {
			return err
		}
	}
	return s.Record()
}

func (s *calibrationSink) Abort() error { return nil }

func writeThresholds(w io.Writer, c *metrics.Calibration, names data.Names) error {
	out := csv.NewWriter(w)
	out.Write([]string{"label", "name", "threshold", "present", "predicted", "f1"})
	for n, t := range c.Thresholds {
		out.Write([]string{strconv.Itoa(n), names.Of(n), fmt.Sprintf("%.2f", t.Value), strconv.Itoa(t.Present), strconv.Itoa(t.Predicted),
			strconv.FormatFloat(c.Result.F1[n], 'g', -1, 64)})
	}
	out.Flush()
	return out.Error()
}

func writeScores(w io.Writer, c *metrics.Calibration, _ data.Names) error {
	text := json.NewEncoder(w)
	text.SetIndent("", "  ")
	values := make([]float64, len(c.Thresholds))
	for n, t := range c.Thresholds {
		values[n] = t.Value
	}
	return text.Encode(map[string]any{
		"samples": c.Result.Samples, "macro_f1": c.Result.MacroF1, "macro_f1_present": c.Result.MacroF1Present,
		"guess_macro_f1_present": c.GuessedPresent, "accuracy": c.Result.Accuracy, "f1": c.Result.F1, "thresholds": values,
	})
}

// calibrationTable is thresholds and scores as text, a line a label.
func calibrationTable(c *metrics.Calibration, names data.Names) string {
	var text strings.Builder
	fmt.Fprintf(&text, "thresholds chosen on %d samples\n", c.Result.Samples)
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "label\tthreshold\tpresent\tpredicted\tF1\t")
	for n, threshold := range c.Thresholds {
		if threshold.Present+threshold.Predicted > 0 {
			fmt.Fprintf(t, "%s %2d\t%.2f\t%d\t%d\t%.4f\t\n", names.Of(n), n, threshold.Value, threshold.Present, threshold.Predicted, c.Result.F1[n])
		}
	}
	t.Flush()
	fmt.Fprintf(&text, "macro F1 %.4f; of the labels present %.4f, where guessing by frequency reaches %.4f",
		c.Result.MacroF1, c.Result.MacroF1Present, c.GuessedPresent)
	return text.String()
}
