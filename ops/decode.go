package ops

import (
	"context"
	"fmt"
	"os"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/shard"
	"hpaflow/flow"
)

func decodeSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindOp, Name: "decode", Parallel: true,
		Doc: "Read and decode a sample's files into planes, merging its channels into one image. " +
			"All planes must have one size and one depth.",
		In: in(sampleType), Out: sampleType,
		Build: func(n *flow.Node) (flow.Output, error) {
			return flow.Map(flow.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
				return decode(r.Value)
			}), nil
		},
	}
}

// decode gives the sample with its image, and without its files.
func decode(s *data.Sample) (*data.Sample, error) {
	out := *s
	out.Files = nil
	if len(s.Files) != 1 {
		im, err := merge(s.Files)
		out.Image = im
		return &out, err
	}
	f := s.Files[0]
	bytes, err := read(f)
	if err != nil {
		return nil, err
	}
	switch f.Channel {
	case data.Packed:
		packed, err := shard.Decode(bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out.Image = packed.Image
	case data.RGBY:
		out.Image, err = codec.DecodeRGBY(bytes)
	default:
		out.Image, err = codec.Decode(f.Name, bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s image: %w", f.Channel, err)
	}
	return &out, nil
}

// merge decodes single-channel files and makes one image of them, in the
// order of the files.
func merge(files []data.File) (*data.Image, error) {
	var im *data.Image
	for i, f := range files {
		bytes, err := read(f)
		if err != nil {
			return nil, fmt.Errorf("%s plane: %w", f.Channel, err)
		}
		err = codec.DecodePlane(f.Name, bytes, func(width, height, depth int) (data.Plane, error) {
			if im == nil {
				im = data.NewImage(width, height, len(files), depth)
			}
			switch {
			case width != im.Width || height != im.Height:
				return data.Plane{}, fmt.Errorf("is %dx%d pixels, but the %s plane is %dx%d",
					width, height, files[0].Channel, im.Width, im.Height)
			case depth != im.Depth():
				return data.Plane{}, fmt.Errorf("has %d bits, but the %s plane has %d", depth, files[0].Channel, im.Depth())
			}
			return im.Planes[i], nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s plane: %w", f.Channel, err)
		}
	}
	return im, nil
}

// read gives a file's bytes. A missing file is the sample's fault, not the run's.
func read(f data.File) ([]byte, error) {
	if f.Data != nil {
		return f.Data, nil
	}
	return os.ReadFile(f.Name)
}
