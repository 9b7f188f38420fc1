package sinks

import (
	"context"

	"hpaflow/data/shard"
	"hpaflow/flow"
	"hpaflow/ops/edges"
)

func shardsSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindSink, Name: "shards",
		Doc: "Write frames into shards: tar files in seekable zstd, shard-00000.tar.zst and so on, with index.parquet beside " +
			"them. A re-run keeps the complete shards and goes on after them.",
		In: flow.Takes(edges.Frame),
		Fields: []flow.Field{
			{Name: "dir", Type: flow.OutputDir, Doc: "folder of the shards, made if need be"},
			{Name: "samples", Type: flow.Int, Default: 1000, Min: 1, Max: 1 << 24, Doc: "samples in a shard, at most"},
			{Name: "bytes", Type: flow.Size, Default: int64(1 << 30), Doc: "uncompressed bytes in a shard, at most; it holds one sample at least"},
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			s := &shardsSink{dir: n.Args.String("dir"), limits: shard.Limits{
				Samples: n.Args.Int("samples"), Bytes: n.Args.Size("bytes"),
			}}
			flow.To(flow.In[shard.Frame](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// shardsSink hands frames, in order, to a shard writer.
type shardsSink struct {
	dir    string
	limits shard.Limits
	writer *shard.Writer
}

func (s *shardsSink) Open(context.Context) (err error) {
	s.writer, err = shard.Create(s.dir, shard.Planes, s.limits)
	return err
}

// Complete says whether a finished shard holds the sample.
func (s *shardsSink) Complete(key string) bool { return s.writer.Has(key) }

func (s *shardsSink) Write(_ context.Context, r flow.Record[shard.Frame]) error {
	return s.writer.Add(r.Value)
}

func (s *shardsSink) Commit(context.Context) error { return s.writer.Commit() }
func (s *shardsSink) Abort() error                 { return s.writer.Abort() }
