package images

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func resizeSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "resize", Parallel: true,
		Doc: "Resize every plane to a square, as OpenCV's INTER_LINEAR does. An image of that size passes as it is.",
		In:  component.Takes(edges.Planes), Out: edges.Planes,
		Fields: []component.Field{
			{Name: "size", Type: component.Int, Min: 1, Max: 1 << 15, Doc: "side of the result, in pixels"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			size := n.Args.Int("size")
			out := flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
				s := *r.Value
				im, err := s.Pixels()
				if err != nil {
					return nil, err
				}
				s.Image = pixel.Bilinear(im, size, size)
				return &s, nil
			})
			out.Tell(edges.Side(size))
			return out, nil
		},
	}
}
