package ops

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/shard"
	"hpaflow/flow"
)

func encodeSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindOp, Name: "encode", Parallel: true,
		Doc: "Encode a sample's image as a PNG named ID.png: four planes as its R, G, B and alpha, of 8 or 16 bits, " +
			"not premultiplied.",
		In: in(sampleType), Out: fileType,
		Build: func(n *flow.Node) (flow.Output, error) {
			return flow.Map(flow.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (data.File, error) {
				b, err := codec.AppendRGBY(make([]byte, 0, r.Value.Image.Bytes()*5/8), r.Value.Image)
				return data.File{Name: r.Value.ID + ".png", Channel: data.RGBY, Data: b}, err
			}), nil
		},
	}
}

func packSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindOp, Name: "pack", Parallel: true,
		Doc: "Encode a sample as a frame of a shard: the planes as KEY.rgby.npy and what is known of it as KEY.json.",
		In:  in(sampleType), Out: frameType,
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
