package images

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func encodeSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "encode", Parallel: true,
		Doc: "Encode a sample's image as a PNG named ID.png: four planes as its R, G, B and alpha, of 8 or 16 bits, " +
			"not premultiplied.",
		In: component.Takes(edges.Sample), Out: edges.File,
		Build: func(n *component.Node) (component.Output, error) {
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (data.File, error) {
				b, err := codec.AppendRGBY(make([]byte, 0, r.Value.Image.Bytes()*5/8), r.Value.Image)
				return data.File{Name: r.Value.ID + ".png", Channel: data.RGBY, Sum: r.Value.Sum, Data: b}, err
			}), nil
		},
	}
}
