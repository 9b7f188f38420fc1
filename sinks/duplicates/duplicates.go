package duplicates

import (
	"context"

	"hpaflow/data/duplicates"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func duplicatesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "duplicates",
		Doc: "Write groups as a table: hash, Ids, Target, one row a group. Ids are joined by blanks, labels sorted as text.",
		In:  component.Takes(edges.Group),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the table; it replaces one that is there"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[*duplicates.Group](n, "in"), n.Stage(), &rowsSink[*duplicates.Group]{
				File: results.NewFile(n, n.Args.String("file"), results.Table("a table of duplicates", "hash", "Ids", "Target")),
				save: func(file string, list []*duplicates.Group) error {
					groups := make([]duplicates.Group, len(list))
					for i, g := range list {
						groups[i] = *g
					}
					return duplicates.Write(file, groups)
				},
			})
			return nil, nil
		},
	}
}

func leaksSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "leaks",
		Doc: "Write the test samples whose labels are known as a table: Id, Target, labels sorted as text.",
		In:  component.Takes(edges.Leak),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the table; it replaces one that is there"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[duplicates.Image](n, "in"), n.Stage(), &rowsSink[duplicates.Image]{
				File: results.NewFile(n, n.Args.String("file"), results.Table("a table of leaks", "Id", "Target")),
				save: duplicates.WriteLeaks,
			})
			return nil, nil
		},
	}
}

// rowsSink gathers rows, which are small, and writes their table at the end.
type rowsSink[T any] struct {
	*results.File
	rows []T
	save func(file string, rows []T) error
}

func (s *rowsSink[T]) Open(context.Context) error { return s.File.Open() }

func (s *rowsSink[T]) Write(_ context.Context, r flow.Record[T]) error {
	s.rows = append(s.rows, r.Value)
	return nil
}

func (s *rowsSink[T]) Commit(context.Context) error {
	return s.Save(func(path string) error { return s.save(path, s.rows) })
}

func (s *rowsSink[T]) Abort() error { return nil }
