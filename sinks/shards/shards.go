package shards

import (
	"context"
	"errors"

	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func shardsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "shards",
		Doc: "Write frames into shards: tar files in seekable zstd, shard-00000.tar.zst and so on, with index.parquet beside " +
			"them. A re-run keeps the complete shards and goes on after them. A sample that was made from other images, or with other " +
			"settings, is replaced in its shard; DIR/.run has what each was made from.",
		In: component.Takes(edges.Frame),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Sole: true, Holds: []component.Content{component.Shards}, Doc: "folder of the shards, made if need be"},
			{Name: "samples", Type: component.Int, Bears: component.NoBearing, Default: 1000, Min: 1, Max: 1 << 24, Doc: "samples in a shard, at most"},
			{Name: "bytes", Type: component.Size, Bears: component.NoBearing, Default: int64(1 << 30), Doc: "uncompressed bytes in a shard, at most; it holds one sample at least"},
		},
		ByUnit: byUnit(),
		Build: func(n *component.Node) (component.Output, error) {
			s := &shardsSink{Ledger: results.NewLedger(n, n.Args.String("dir")), graph: n.Graph, stage: n.Name, limits: shards.Limits{
				Samples: n.Args.Int("samples"), Bytes: n.Args.Size("bytes"),
			}}
			flow.To(component.In[shards.Frame](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// shardsSink hands frames, in order, to a shard writer.
type shardsSink struct {
	*results.Ledger
	limits shards.Limits
	graph  *flow.Graph
	stage  string
	writer *shards.Writer
}

func (s *shardsSink) Open(context.Context) (err error) {
	if err := s.Ledger.Open(); err != nil {
		return err
	}
	if err := s.Compare(); err != nil {
		return err
	}
	s.writer, err = shards.Create(s.Dir, shards.Planes, shards.Options{
		Limits: s.limits, Locked: true, Entering: s.Entering, Entered: s.Entered,
	})
	if err != nil {
		return err
	}
	found := s.writer.Found()
	if len(found.TakenIn) > 0 {
		s.graph.Note(s.stage, "taken into the index, which did not name them: "+data.Enumerate(found.TakenIn))
	}
	if len(found.Damaged) > 0 {
		s.graph.Note(s.stage, "missing or damaged, and made again from what samples there are: "+data.Enumerate(found.Damaged))
	}
	return nil
}

// Complete says whether a finished shard holds the sample, of whatever images.
func (s *shardsSink) Complete(key string) bool {
	complete, err := s.CompleteFrom(key, nil)
	return complete && err == nil
}

// CompleteFrom says whether one holds it, made from these images.
func (s *shardsSink) CompleteFrom(key string, from flow.Origin) (bool, error) {
	if !s.writer.Has(key) {
		s.Note(key, from)
		return false, nil
	}
	complete, err := s.Check(key, from, -1)
	if !complete && err == nil {
		s.writer.Redo(key)
	}
	return complete, err
}

func (s *shardsSink) Write(_ context.Context, r flow.Record[shards.Frame]) error {
	if err := s.writer.Check(r.Value); err != nil {
		return flow.OfRecord(err)
	}
	return s.writer.Add(r.Value)
}

func (s *shardsSink) Commit(context.Context) error {
	err := s.writer.Commit()
	return errors.Join(err, s.Close(err == nil))
}

func (s *shardsSink) Abort() error { return errors.Join(s.writer.Abort(), s.Close(false)) }
