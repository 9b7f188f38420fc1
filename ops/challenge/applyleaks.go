package challenge

import (
	"context"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/challenge"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func applyLeaksSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "apply_leaks",
		Doc: "Put the labels of leak tables in place of predicted ones, table after table: a later one wins, and in a table the last row of an Id. " +
			"What each did is said; Ids that are not among the samples are counted, or are an error with strict = true.",
		In: component.Takes(edges.Claim), Out: edges.Claim,
		Fields: []component.Field{
			{Name: "tables", Type: component.InputFiles, Doc: "CSV files with Id and Target"},
			{Name: "strict", Type: component.Bool, Default: false, Doc: "whether an Id that is not among the samples is an error"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			a := &applyLeaks{strict: n.Args.Bool("strict"), graph: n.Graph, stage: n.Name}
			for _, path := range n.Args.Strings("tables") {
				leak, err := challenge.ReadLeak(path, n.Args.Int("classes"), table.Limit(n.Limits().MaxRows))
				if err != nil {
					return nil, err
				}
				a.leaks = append(a.leaks, leak)
			}
			return flow.Process(component.In[challenge.Row](n, "in"), n.Stage(), a.run), nil
		},
	}
}

// applyLeaks gathers all rows, which are small, to know which Ids there are.
type applyLeaks struct {
	leaks  []challenge.Leak
	strict bool
	graph  *flow.Graph
	stage  string
}

func (a *applyLeaks) run(ctx context.Context, in *flow.Reader[challenge.Row], out *flow.Emitter[challenge.Row]) error {
	var rows []challenge.Row
	for r, err := range in.Values(ctx) {
		if err != nil {
			return err
		}
		rows = append(rows, r.Value)
	}
	rows, applied := challenge.Apply(rows, a.leaks)
	for _, t := range applied {
		if len(t.Strange) > 0 && a.strict {
			return fmt.Errorf("%s: no such sample: %s", t.Name, data.Enumerate(t.Strange))
		}
		a.graph.Note(a.stage, describeLeak(t))
	}
	for i, r := range rows {
		if err := out.Forward(flow.Record[challenge.Row]{Seq: int64(i), Key: r.ID, Value: r}); err != nil {
			return err
		}
	}
	return nil
}

// describeLeak is what a table did, as one line.
func describeLeak(t challenge.Applied) string {
	line := fmt.Sprintf("%s: %d known, %d changed", t.Name, t.Samples, t.Changed)
	if t.Repeated > 0 {
		line += fmt.Sprintf("; repeated Ids: %d, of which the last row counts", t.Repeated)
	}
	if len(t.Strange) > 0 {
		line += "; not among the samples, and skipped: " + data.Enumerate(t.Strange)
	}
	return line
}
