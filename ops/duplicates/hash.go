package duplicates

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
			{Name: "channel", Type: component.String, Default: "green",
				Doc: "which channel, by its name; an image of one channel is hashed whatever it is"},
			{Name: "method", Type: component.String, Default: "imagehash", Choices: slices.Sorted(maps.Keys(imagehash.Methods)),
				Doc: "whose hashes: Python's ImageHash 4.0, or Go's goimagehash"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			channel, in := n.Args.String("channel"), component.In[*data.Sample](n, "in")
			for _, names := range flow.Told[edges.PlaneNames](in) {
				if len(names) > 1 && !slices.Contains(names, channel) {
					return nil, fmt.Errorf("channel is %q, and the planes are %s", channel, strings.Join(names, ", "))
				}
			}
			method := imagehash.Methods[n.Args.String("method")]
			return flow.Map(in, n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*imagehash.Hashed, error) {
				plane, err := onePlane(r.Value, channel)
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

// onePlane is the image of one of a sample's channels alone.
func onePlane(s *data.Sample, channel string) (*data.Image, error) {
	im, err := s.Pixels()
	if err != nil || len(im.Planes) == 1 {
		return im, err
	}
	names := data.PlaneNames(s.Planes, len(im.Planes))
	at := slices.Index(names, channel)
	if at < 0 {
		return nil, fmt.Errorf("the image has the planes %s, and none is %s", strings.Join(names, ", "), channel)
	}
	return &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[at : at+1]}, nil
}
