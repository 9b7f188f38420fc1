package duplicates

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"hpaflow/data"
	"hpaflow/data/imagehash"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func hashSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "hash", Parallel: true,
		Doc: "Hash one channel of a sample twice, by its averages (ahash) and by its frequencies (phash), so that images that " +
			"look alike have equal hashes. The pixels are dropped.",
		In: component.Takes(edges.Planes), Out: edges.Hashed,
		Fields: []component.Field{
			{Name: "channel", Type: component.String, Default: "green", Choices: data.Colours[:],
				Doc: "which channel of a four-channel image; an image of one channel is hashed whatever it is"},
			{Name: "method", Type: component.String, Default: "imagehash", Choices: slices.Sorted(maps.Keys(imagehash.Methods)),
				Doc: "whose hashes: Python's ImageHash 4.0, or Go's goimagehash"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			channel := slices.Index(data.Colours[:], n.Args.String("channel"))
			method := imagehash.Methods[n.Args.String("method")]
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*imagehash.Hashed, error) {
				im, err := r.Value.Pixels()
				if err != nil {
					return nil, err
				}
				plane, err := onePlane(im, channel)
				if err != nil {
					return nil, err
				}
				a, p, err := method(plane)
				bare := *r.Value
				bare.Image = nil
				return &imagehash.Hashed{Sample: &bare, AHash: a, PHash: p}, err
			}), nil
		},
	}
}

// onePlane is an image of one channel alone.
func onePlane(im *data.Image, channel int) (*data.Image, error) {
	switch {
	case len(im.Planes) == 1:
		return im, nil
	case channel >= len(im.Planes):
		return nil, fmt.Errorf("the image has %d planes, so none is %s", len(im.Planes), data.Colours[channel])
	}
	return &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[channel : channel+1]}, nil
}
