package shards

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func packSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "pack", Parallel: true,
		Doc: "Encode a sample as a frame of a shard: the planes as KEY.rgby.npy and what is known of it as KEY.json.",
		In:  component.Takes(edges.Planes), Out: edges.Frame,
		Fields: []component.Field{
			{Name: "payload", Type: component.String, Default: string(shards.Huffman),
				Doc: `how planes are kept: "huffman": as they are, Huffman-coded, the fastest; "up": differences from the row above, ` +
					`Huffman-coded, for smooth images, as KEY.rgby.up.npy; "zstd": as they are, by general compression`},
		},
		Check: func(a component.Args) []component.FieldFault {
			if err := shards.Payload(a.String("payload")).Validate(); err != nil {
				return []component.FieldFault{{Field: "payload", Fault: err.Error()}}
			}
			return nil
		},
		Build: func(n *component.Node) (component.Output, error) {
			payload := shards.Payload(n.Args.String("payload"))
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(ctx context.Context, r flow.Record[*data.Sample]) (shards.Frame, error) {
				im, err := r.Value.Pixels()
				if err == nil {
					err = flow.Reserve(ctx, payload.Memory(im.Bytes()), 0)
				}
				if err != nil {
					return shards.Frame{}, err
				}
				frame, err := shards.EncodeSample(r.Value, payload)
				frame.Sum = r.Value.Sum
				return frame, err
			}), nil
		},
	}
}
