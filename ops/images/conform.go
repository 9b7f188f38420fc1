package images

import (
	"context"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/pixel"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func conformSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "conform", Parallel: true,
		Doc: "Decode the channels of a sample and give them one size and 8 bits of grey: each is resized in its colours as Pillow's " +
			"LANCZOS does, then made grey as Pillow's L. A channel that cannot be decoded does not keep the others back.",
		In: component.Takes(edges.Channels), Out: edges.Channels,
		Fields: []component.Field{
			{Name: "size", Type: component.Int, Min: 1, Max: 1 << 15, Doc: "side of the result, in pixels"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			size, limits := n.Args.Int("size"), n.Limits()
			return flow.Map(component.In[*data.Channels](n, "in"), n.Stage(), func(ctx context.Context, r flow.Record[*data.Channels]) (*data.Channels, error) {
				out := &data.Channels{ID: r.Value.ID, List: make([]data.Channel, len(r.Value.List))}
				for i, ch := range r.Value.List {
					if ch.Err == nil {
						ch.Image, ch.Err = conform(ch, size, NewReading(ctx, limits))
						ch.File.Data = nil
					}
					out.List[i] = ch
				}
				return out, nil
			}), nil
		},
	}
}

func conform(ch data.Channel, size int, r *Reading) (*data.Image, error) {
	f := ch.File
	bytes, err := r.File(f, new([]byte))
	if err == nil {
		bytes, err = r.unpackAndAdmit(f, bytes, codec.RGBA)
	}
	if err != nil {
		return nil, err
	}
	claim, err := codec.ReadClaim(f.Name, bytes)
	if err == nil && ch.Kept && (claim.Width != size || claim.Height != size) { // resized again it would be a worse result
		err = fmt.Errorf("is %d x %d pixels, made by a run with another size; it can be removed", claim.Width, claim.Height)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	im, err := codec.DecodeChannels(f.Name, bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if im.Depth() != 8 {
		return nil, fmt.Errorf("%s: has %d bits, want 8", f.Name, im.Depth())
	}
	return codec.Grey(pixel.Resample(codec.Opaque(im), size, size, pixel.Lanczos)), nil
}
