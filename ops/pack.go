package ops

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/shard"
	"hpaflow/flow"
	"hpaflow/ops/edges"
)

func packSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindOp, Name: "pack", Parallel: true,
		Doc: "Encode a sample as a frame of a shard: the planes as KEY.rgby.npy and what is known of it as KEY.json.",
		In:  flow.Takes(edges.Sample), Out: edges.Frame,
		Fields: []flow.Field{
			{Name: "payload", Type: flow.String, Default: string(shard.Huffman),
				Doc: `how planes are kept: "huffman": as they are, Huffman-coded, the fastest; "up": differences from the row above, ` +
					`Huffman-coded, for smooth images, as KEY.rgby.up.npy; "zstd": as they are, by general compression`},
		},
		Check: func(a flow.Args) []flow.FieldFault {
			if err := shard.Payload(a.String("payload")).Validate(); err != nil {
				return []flow.FieldFault{{Field: "payload", Fault: err.Error()}}
			}
			return nil
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			payload := shard.Payload(n.Args.String("payload"))
			return flow.Map(flow.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (shard.Frame, error) {
				return shard.EncodeSample(r.Value, payload)
			}), nil
		},
	}
}
