package images

import (
	"context"
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func gatherSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "gather", Parallel: true,
		Doc: "Make one image of the channels of a sample, in their order. A sample that lacks a channel is skipped; one whose channels " +
			"differ in size or depth is an error.",
		In: component.Takes(edges.Channels), Out: edges.Planes,
		Build: func(n *component.Node) (component.Output, error) {
			return flow.Map(component.In[*data.Channels](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Channels]) (*data.Sample, error) {
				return gather(r.Value)
			}), nil
		},
	}
}

func gather(c *data.Channels) (*data.Sample, error) {
	if missing := c.Missing(); missing != nil {
		return nil, flow.Skip("lacks " + strings.Join(missing, ", "))
	}
	first := c.List[0].Image
	im := data.NewImage(first.Width, first.Height, len(c.List), first.Depth())
	for i, ch := range c.List {
		switch {
		case ch.Image.Width != im.Width || ch.Image.Height != im.Height:
			return nil, fmt.Errorf("%s is %d x %d pixels, but %s is %d x %d", ch.Name, ch.Image.Width, ch.Image.Height, c.List[0].Name, im.Width, im.Height)
		case ch.Image.Depth() != im.Depth():
			return nil, fmt.Errorf("%s has %d bits, but %s has %d", ch.Name, ch.Image.Depth(), c.List[0].Name, im.Depth())
		}
		copy(im.Planes[i].Raw(), ch.Image.Planes[0].Raw())
	}
	return &data.Sample{ID: c.ID, Image: im}, nil
}
