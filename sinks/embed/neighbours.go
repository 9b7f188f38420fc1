package embed

import (
	"context"
	"encoding/csv"
	"strconv"

	"hpaflow/data/atomicfile"
	"hpaflow/data/embed"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func neighboursSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "neighbours",
		Doc: "Write the nearest cells of each as CSV: id, rank (1: the nearest), neighbour, cosine.",
		In:  component.Takes(edges.Neighbours),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the table"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[*embed.Neighbours](n, "in"), n.Stage(), &neighbours{
				File: results.NewFile(n, n.Args.String("file"), results.Table("a table of neighbours", "id", "rank", "neighbour", "cosine")),
			})
			return nil, nil
		},
	}
}

// neighbours writes rows as they come, into a file that appears when all are there.
type neighbours struct {
	*results.File
	temp *atomicfile.File // nil: the table stays
	out  *csv.Writer
}

func (s *neighbours) Open(context.Context) (err error) {
	if err := s.File.Open(); err != nil || s.Kept() {
		return err
	}
	if s.temp, err = atomicfile.Create(atomicfile.OS, s.Path); err != nil {
		return err
	}
	s.out = csv.NewWriter(s.temp)
	return s.out.Write([]string{"id", "rank", "neighbour", "cosine"})
}

func (s *neighbours) Write(_ context.Context, r flow.Record[*embed.Neighbours]) error {
	if s.temp == nil {
		return nil
	}
	for i, near := range r.Value.Near {
		if err := s.out.Write([]string{r.Value.ID, strconv.Itoa(i + 1), near.ID, strconv.FormatFloat(float64(near.Cosine), 'f', 6, 32)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *neighbours) Commit(context.Context) error {
	if s.temp == nil {
		return nil
	}
	s.out.Flush()
	if err := s.out.Error(); err != nil {
		return err
	}
	if err := s.temp.Commit(); err != nil {
		return err
	}
	return s.Record()
}

func (s *neighbours) Abort() error {
	if s.temp == nil {
		return nil
	}
	return s.temp.Abort()
}
