package shards

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func shardsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "shards",
		Doc: "Samples from a folder of shards of planes, in their order, with the labels and split stored there.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputDir, Doc: "folder of the shards"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			r, err := shards.Open(n.Args.String("dir"), shards.Planes)
			if err != nil {
				return nil, err
			}
			n.Graph.OnOrigins(n.Name, func(yield func(string, flow.Origin) bool) {
				for _, e := range r.Entries() {
					if !yield(e.Key, r.Origin(e.Key)) {
						return
					}
				}
			})
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*data.Sample]) error {
				defer r.Close()
				return shardSamples(r, out)
			}), nil
		},
	}
}

func shardSamples(r *shards.Reader, out *flow.Emitter[*data.Sample]) error {
	entries := r.Entries()
	out.Expect(len(entries))
	for _, e := range entries {
		if complete, err := out.CompleteFrom(e.Key, r.Origin(e.Key)); err != nil || complete {
			if err != nil {
				return err
			}
			continue
		}
		file, err := r.File(e.Key)
		if err != nil {
			if err := out.Fail(e.Key, err); err != nil {
				return err
			}
			continue
		}
		if err := out.Emit(e.Key, &data.Sample{ID: e.Key, Labels: e.Labels, Labeled: e.Labeled, Split: e.Split, Files: []data.File{file}}); err != nil {
			return err
		}
	}
	return nil
}
