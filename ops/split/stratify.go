package split

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"hpaflow/data"
	"hpaflow/data/duplicates"
	"hpaflow/data/split"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func stratifySpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "stratify",
		Doc: "Give every sample a fold, by iterative stratification over its labels. Samples that the tables of duplicates put " +
			"together, directly or by way of others, get one fold and one set of labels. The run's seed decides between equals.",
		In: component.Takes(edges.Sample, edges.Planes), Out: edges.Assignment,
		Fields: []component.Field{
			{Name: "duplicates", Type: component.InputFiles, Default: []string{}, Doc: "tables with hash, Ids, Target; Ids that are no samples here take no part"},
			{Name: "folds", Type: component.Int, Default: 11, Min: 3, Max: 13, Doc: "an odd number: pairs of folds are validated on, the last is held out"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
		},
		Check: func(a component.Args) []component.FieldFault {
			if a.Int("folds")%2 == 0 {
				return []component.FieldFault{{Field: "folds", Fault: "must be odd: pairs, and one that is held out"}}
			}
			return nil
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &stratify{folds: n.Args.Int("folds"), graph: n.Graph, stage: n.Name}
			for _, path := range n.Args.Strings("duplicates") {
				groups, err := duplicates.Read(path, n.Args.Int("classes"), table.Limit(n.Limits().MaxRows))
				if errors.Is(err, fs.ErrNotExist) {
					err = fmt.Errorf("%w; duplicates.flow makes such tables, and an empty list does without", err)
				}
				if err != nil {
					return nil, err
				}
				s.paths, s.tables = append(s.paths, path), append(s.tables, groups)
			}
			return flow.Process(component.In[*data.Sample](n, "in"), n.Stage(), s.run), nil
		},
	}
}

// stratify gathers all samples, since a fold depends on all of them.
type stratify struct {
	paths  []string
	tables [][]duplicates.Group
	folds  int
	graph  *flow.Graph
	stage  string
}

func (s *stratify) run(ctx context.Context, in *flow.Reader[*data.Sample], out *flow.Emitter[split.Assignment]) error {
	var rows []table.Row
	var records []flow.Record[split.Assignment]
	for r, err := range in.Values(ctx) {
		if err != nil {
			return err
		}
		rows = append(rows, table.Row{ID: r.Value.ID, Labels: r.Value.Labels})
		records = append(records, flow.Record[split.Assignment]{Seq: r.Seq, Epoch: r.Epoch, Key: r.Key})
	}
	for i, groups := range s.tables {
		if err := split.Check(rows, groups); err != nil {
			return &component.InputError{Err: fmt.Errorf("%s: %w", s.paths[i], err)}
		}
	}
	samples, unknown := split.Assign(rows, s.tables, s.folds, flow.Rand(s.graph.Options().Seed, 0, "", "stratify"))
	if unknown > 0 {
		s.graph.Note(s.stage, fmt.Sprintf("%d Ids of the duplicates are no samples here and take no part", unknown))
	}
	for i, r := range records {
		r.Value = samples[i]
		if err := out.Forward(r); err != nil {
			return err
		}
	}
	return nil
}
