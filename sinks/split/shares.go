package split

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"hpaflow/data"
	"hpaflow/data/split"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func sharesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "shares",
		Doc: "Show how evenly samples are split: print what share of each label every validation set and the held-out set hold, " +
			"and draw it as a PNG.",
		In: component.Takes(edges.Assignment),
		Fields: append([]component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the picture"},
		}, report.LabelFields...),
		Build: func(n *component.Node) (component.Output, error) {
			names, err := report.LabelNamesOf(n.Args)
			if err != nil {
				return nil, err
			}
			s := &sharesSink{File: results.NewFile(n, n.Args.String("file"), results.Picture), graph: n.Graph, stage: n.Name, names: names, classes: n.Args.Int("classes")}
			flow.To(component.In[split.Assignment](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

type sharesSink struct {
	*results.File
	graph   *flow.Graph
	stage   string
	names   data.Names
	classes int
	samples []split.Assignment
}

func (s *sharesSink) Open(context.Context) error { return s.File.Open() }

func (s *sharesSink) Write(_ context.Context, r flow.Record[split.Assignment]) error {
	s.samples = append(s.samples, r.Value)
	return nil
}

func (s *sharesSink) Commit(context.Context) error {
	labels, all := split.SharesOf(s.samples, s.classes)
	s.graph.Note(s.stage, sharesTable(labels, all, s.names))
	return s.File.Write(func(w io.Writer) error { return report.DrawShares(w, labels, all, s.names) })
}

func (s *sharesSink) Abort() error { return nil }

// sharesTable is the shares as text, a line a label.
func sharesTable(labels []split.Shares, all split.Shares, names data.Names) string {
	var text strings.Builder
	fmt.Fprintf(&text, "shares of each label; even would be %.4f in val and %.4f in test_val\n", all.EvenVal(), all.EvenTestVal())
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "label\tsamples\t")
	for k := range all.Val {
		fmt.Fprintf(t, "val %d\t", k)
	}
	fmt.Fprint(t, "test_val\t\n")
	line := func(name string, s split.Shares) {
		fmt.Fprintf(t, "%s\t%d\t", name, s.Samples)
		for _, share := range s.Val {
			fmt.Fprintf(t, "%.4f\t", share)
		}
		fmt.Fprintf(t, "%.4f\t\n", s.TestVal)
	}
	for label, s := range labels {
		if s.Samples > 0 {
			line(fmt.Sprintf("%s %2d", names.Of(label), label), s)
		}
	}
	line("all samples   ", all)
	t.Flush()
	return strings.TrimSuffix(text.String(), "\n")
}
