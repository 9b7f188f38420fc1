package challenge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"hpaflow/data/challenge"
	"hpaflow/data/regular"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func scoresSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "scores",
		Doc: "Write what a workflow came to as one JSON object, and say it: NAME_macro_f1_present of each score, over the labels that " +
			"occur, and with `thresholds` macro_f1_present on test_val and guess_macro_f1_present, which guessing by frequency reaches there.",
		In: []component.Port{
			{Name: "in", Type: edges.Score, Doc: "a submission's score"},
			{Name: "leaked", Type: edges.Score, Optional: true, Doc: "that of the submission with leaks applied"},
		},
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the JSON file"},
			{Name: "thresholds", Type: component.InputFile, Default: "", Doc: "thresholds.json, as sink calibration writes it; empty: none"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &scoresSink{
				File:       results.NewFile(n, n.Args.String("file"), results.JSON("a list of scores", "{")),
				thresholds: n.Args.String("thresholds"), graph: n.Graph, stage: n.Name,
			}
			flow.To(bothScores(n), n.Stage(), s)
			return nil, nil
		},
	}
}

// bothScores joins the sink's inputs, of which the second may be open.
func bothScores(n *component.Node) flow.Out[*challenge.Score] {
	in := component.In[*challenge.Score](n, "in")
	if !n.Has("leaked") {
		return in
	}
	stage := flow.Stage{Name: n.Name + " join"}
	return flow.Process2(in, component.In[*challenge.Score](n, "leaked"), stage,
		func(ctx context.Context, in, leaked *flow.Reader[*challenge.Score], out *flow.Emitter[*challenge.Score]) error {
			for _, from := range []*flow.Reader[*challenge.Score]{in, leaked} {
				for r, err := range from.Values(ctx) {
					if err != nil {
						return err
					}
					if err := out.Forward(r); err != nil {
						return err
					}
				}
			}
			return nil
		})
}

type scoresSink struct {
	*results.File
	thresholds string
	graph      *flow.Graph
	stage      string
	scores     []*challenge.Score
}

func (s *scoresSink) Open(context.Context) error { return s.File.Open() }

func (s *scoresSink) Write(_ context.Context, r flow.Record[*challenge.Score]) error {
	s.scores = append(s.scores, r.Value)
	return nil
}

func (s *scoresSink) Commit(context.Context) error {
	all := map[string]float64{}
	if s.thresholds != "" {
		var chosen struct {
			MacroF1Present      float64 `json:"macro_f1_present"`
			GuessMacroF1Present float64 `json:"guess_macro_f1_present"`
		}
		text, err := regular.Read(s.thresholds, 16<<20)
		if err == nil {
			err = json.Unmarshal(text, &chosen)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.thresholds, err)
		}
		all["macro_f1_present"], all["guess_macro_f1_present"] = chosen.MacroF1Present, chosen.GuessMacroF1Present
	}
	for _, score := range s.scores {
		all[score.Name+"_macro_f1_present"] = score.MacroF1Present
	}
	s.graph.Note(s.stage, scoresTable(all))
	return s.File.Write(func(w io.Writer) error {
		text := json.NewEncoder(w)
		text.SetIndent("", "  ")
		return text.Encode(all)
	})
}

// scoresTable is the scores as text, a line each.
func scoresTable(all map[string]float64) string {
	var text strings.Builder
	text.WriteString("macro F1, of the labels that occur\n")
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		what, of := strings.CutSuffix(name, "_macro_f1_present")
		switch {
		case !of:
			what = "test_val, by the thresholds chosen there"
		case what == "guess":
			what = "test_val, guessing by frequency"
		}
		fmt.Fprintf(t, "  %s\t%.3f\n", what, all[name])
	}
	t.Flush()
	return strings.TrimSuffix(text.String(), "\n")
}

func (s *scoresSink) Abort() error { return nil }
