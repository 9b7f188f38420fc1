package ops

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/flow"
	"hpaflow/ops/edges"
)

func encodeSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindOp, Name: "encode", Parallel: true,
		Doc: "Encode a sample's image as a PNG named ID.png: four planes as its R, G, B and alpha, of 8 or 16 bits, " +
			"not premultiplied.",
		In: flow.Takes(edges.Sample), Out: edges.File,
		Build: func(n *flow.Node) (flow.Output, error) {
			return flow.Map(flow.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (data.File, error) {
				b, err := codec.AppendRGBY(make([]byte, 0, r.Value.Image.Bytes()*5/8), r.Value.Image)
				return data.File{Name: r.Value.ID + ".png", Channel: data.RGBY, Data: b}, err
			}), nil
		},
	}
}
