package shards

import (
	"context"

	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func shardsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "shards",
		Doc: "Write frames into shards: tar files in seekable zstd, shard-00000.tar.zst and so on, with index.parquet beside " +
			"them. A re-run keeps the complete shards and goes on after them.",
		In: component.Takes(edges.Frame),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Sole: true, Doc: "folder of the shards, made if need be"},
			{Name: "samples", Type: component.Int, Default: 1000, Min: 1, Max: 1 << 24, Doc: "samples in a shard, at most"},
			{Name: "bytes", Type: component.Size, Default: int64(1 << 30), Doc: "uncompressed bytes in a shard, at most; it holds one sample at least"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &shardsSink{dir: n.Args.String("dir"), limits: shards.Limits{
				Samples: n.Args.Int("samples"), Bytes: n.Args.Size("bytes"),
			}}
			flow.To(component.In[shards.Frame](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// shardsSink hands frames, in order, to a shard writer.
type shardsSink struct {
	dir    string
	limits shards.Limits
	writer *shards.Writer
}

func (s *shardsSink) Open(context.Context) (err error) {
	s.writer, err = shards.Create(s.dir, shards.Planes, s.limits)
	return err
}

// Complete says whether a finished shard holds the sample.
func (s *shardsSink) Complete(key string) bool { return s.writer.Has(key) }

func (s *shardsSink) Write(_ context.Context, r flow.Record[shards.Frame]) error {
	return s.writer.Add(r.Value)
}

func (s *shardsSink) Commit(context.Context) error { return s.writer.Commit() }
func (s *shardsSink) Abort() error                 { return s.writer.Abort() }
