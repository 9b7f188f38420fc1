package predict

import (
	"context"
	"fmt"
	"strconv"

	"hpaflow/data"
	"hpaflow/data/challenge"
	"hpaflow/data/place"
	"hpaflow/data/predict"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func predictionsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "predictions",
		Doc: "The rows of a table of probabilities, or the weighted mean of several, joined by Id. " +
			"An Id that is not in all of them is an error.",
		Out: edges.Prediction,
		Fields: []component.Field{
			{Name: "tables", Type: component.Strings, Bears: component.ByContents, Whole: true, Doc: "tables: NAME.csv or NAME.csv.zst, with Id, P00, P01 and so on, and perhaps L00, L01 and so on; or NAME.shards, folders of shards of probabilities"},
			{Name: "weights", Type: component.Strings, Default: []string{}, Doc: "a number for each table; empty: they count the same"},
			{Name: "order", Type: component.InputFile, Default: "", Doc: "CSV with the Ids there are to be, in their order; empty: those of the first table"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels there are probabilities of"},
		},
		Check: func(a component.Args) []component.FieldFault {
			var faults []component.FieldFault
			if len(a.Strings("tables")) == 0 {
				faults = append(faults, component.FieldFault{Field: "tables", Fault: "there is none"})
			}
			for _, path := range a.Strings("tables") {
				if _, err := predict.FormatOf(place.Base(path)); err != nil {
					faults = append(faults, component.FieldFault{Field: "tables", Fault: err.Error()})
				}
			}
			if _, err := parseWeights(a); err != nil {
				faults = append(faults, component.FieldFault{Field: "weights", Fault: err.Error()})
			}
			return faults
		},
		Build: func(n *component.Node) (component.Output, error) {
			t, err := readEnsemble(n.Args, table.Limit(n.Limits().MaxRows))
			if err != nil {
				return nil, err
			}
			out := flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*data.Prediction]) error {
				out.Expect(len(t.Rows))
				for _, r := range t.Rows {
					if out.Complete(r.ID) {
						continue
					}
					if err := out.Emit(r.ID, r); err != nil {
						return err
					}
				}
				return nil
			})
			out.Tell(edges.Tables(n.Args.Strings("tables")))
			ids := make([]string, len(t.Rows))
			for i, r := range t.Rows {
				ids[i] = r.ID
			}
			out.Tell(edges.Rows{Table: n.Args.Strings("tables")[0], IDs: ids, Unlabelled: !t.Labeled, Epochs: 1})
			return out, nil
		},
	}
}

// parseWeights gives a weight for each table.
func parseWeights(a component.Args) ([]float64, error) {
	given, tables := a.Strings("weights"), a.Strings("tables")
	weights := make([]float64, len(tables))
	if len(given) != 0 && len(given) != len(tables) {
		return nil, fmt.Errorf("%d weights for %d tables", len(given), len(tables))
	}
	for i := range weights {
		if weights[i] = 1; len(given) == 0 {
			continue
		}
		w, err := strconv.ParseFloat(given[i], 64)
		if err != nil || !(w >= 0 && w <= 1e6) {
			return nil, fmt.Errorf("%q is no weight in 0..1000000", given[i])
		}
		weights[i] = w
	}
	return weights, nil
}

func readEnsemble(a component.Args, limit table.Limit) (*predict.Table, error) {
	weights, err := parseWeights(a)
	if err != nil {
		return nil, err
	}
	sum := predict.Sum{}
	if path := a.String("order"); path != "" {
		if sum.Order, err = challenge.ReadOrder(path, limit); err != nil {
			return nil, err
		}
	}
	for i, path := range a.Strings("tables") {
		member := sum.Join(path, a.Int("classes"), weights[i])
		if err := member.Read(path, a.Int("classes"), limit); err != nil {
			return nil, err
		}
		member.End()
	}
	return sum.Mean()
}
