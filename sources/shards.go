package sources

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/shard"
	"hpaflow/flow"
	"hpaflow/ops/edges"
)

func shardsSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindSource, Name: "shards",
		Doc: "Samples from a folder of shards of planes, in their order, with the labels and split stored there.",
		Out: edges.Sample,
		Fields: []flow.Field{
			{Name: "dir", Type: flow.InputDir, Doc: "folder of the shards"},
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			r, err := shard.Open(n.Args.String("dir"), shard.Planes)
			if err != nil {
				return nil, err
			}
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*data.Sample]) error {
				defer r.Close()
				return shardSamples(r, out)
			}), nil
		},
	}
}

func shardSamples(r *shard.Reader, out *flow.Emitter[*data.Sample]) error {
	entries := r.Entries()
	out.Expect(len(entries))
	for _, e := range entries {
		if out.Complete(e.Key) {
			continue
		}
		files, err := packedFile(r, e.Key)
		if err != nil {
			if err := out.Fail(e.Key, err); err != nil {
				return err
			}
			continue
		}
		if err := out.Emit(e.Key, &data.Sample{ID: e.Key, Labels: e.Labels, Labeled: e.Labeled, Split: e.Split, Files: files}); err != nil {
			return err
		}
	}
	return nil
}

// packedFile reads a sample's frame; decoding it is left to a parallel stage.
func packedFile(r *shard.Reader, key string) ([]data.File, error) {
	frame, name, err := r.Frame(key)
	if err != nil {
		return nil, err
	}
	return []data.File{{Name: name, Channel: data.Packed, Data: frame}}, nil
}
