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
		In: component.Takes(edges.Planes), Out: edges.File,
		Build: func(n *component.Node) (component.Output, error) {
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(ctx context.Context, r flow.Record[*data.Sample]) (data.File, error) {
				im, err := r.Value.Pixels()
				if err != nil {
					return data.File{}, err
				}
				room := roomFor(im)
				if err := flow.Reserve(ctx, room, 0); err != nil {
					return data.File{}, err
				}
				b, err := codec.AppendRGBY(make([]byte, 0, room), im)
				return data.File{Name: r.Value.ID + ".png", Channel: data.RGBY, Sum: r.Value.Sum, Data: b}, err
			}), nil
		},
	}
}

// manyBytes is where to grow a result, which for a while takes its memory more
// than twice, is worse than to make room for all it can come to.
const manyBytes = 8 << 20

// roomFor is how many bytes an image's PNG is given: what most take, and for
// large ones what no PNG of ours exceeds.
func roomFor(im *data.Image) int64 {
	if n := im.Bytes(); n > manyBytes {
		return n + n/256 + 1<<12
	}
	return im.Bytes() * 5 / 8
}
