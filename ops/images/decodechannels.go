package images

import (
	"context"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func decodeChannelsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "decode_channels", Parallel: true,
		Doc: "Decode the channels of a sample as they are: their size, and 8 or 16 bits. A channel that is a picture in colours gives the " +
			"plane of its own: red its red, green its green, blue its blue, yellow its red, which its green equals. A channel that cannot be " +
			"decoded does not keep the others back.",
		In: component.Takes(edges.Channels), Out: edges.Channels,
		Build: func(n *component.Node) (component.Output, error) {
			limits := n.Limits()
			return flow.Map(component.In[*data.Channels](n, "in"), n.Stage(), func(ctx context.Context, r flow.Record[*data.Channels]) (*data.Channels, error) {
				out := &data.Channels{ID: r.Value.ID, List: make([]data.Channel, len(r.Value.List))}
				for i, ch := range r.Value.List {
					if ch.Err == nil {
						ch.Image, ch.Err = decodeChannel(ch, NewReading(ctx, limits))
						ch.File.Data = nil
					}
					out.List[i] = ch
				}
				return out, nil
			}), nil
		},
	}
}

// ownPlane is where a channel is in a picture in colours.
var ownPlane = map[string]int{"red": 0, "green": 1, "blue": 2, "yellow": 0}

// decodeChannel gives the one plane of a channel.
func decodeChannel(ch data.Channel, r *Reading) (*data.Image, error) {
	f := ch.File
	b, err := r.File(f, new([]byte))
	if err == nil {
		b, err = r.unpackAndAdmit(f, b, codec.RGBA)
	}
	if err != nil {
		return nil, err
	}
	im, err := codec.DecodeChannels(f.Name, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if im = codec.Opaque(im); len(im.Planes) == 1 {
		return im, nil
	}
	plane, known := ownPlane[ch.Name]
	if !known || len(im.Planes) != 3 {
		return nil, fmt.Errorf("%s: is a picture of %d planes, and which of them is %s is not known", f.Name, len(im.Planes), ch.Name)
	}
	return &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[plane : plane+1 : plane+1]}, nil
}
