package images

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/provenance"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func decodeSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "decode", Parallel: true,
		Doc: "Read and decode a sample's files into planes, merging its channels into one image. " +
			"All planes must have one size and one depth. Pixels without a sign of 8 and 16 bits stay as they are, but a channel that is a picture " +
			"in colours is made grey, as Pillow's L, and the run says how many were; of files with several slices or times `z` and `t` choose.",
		In: component.Takes(edges.Sample), Out: edges.Planes,
		Fields: choiceFields(),
		Build: func(n *component.Node) (component.Output, error) {
			limits := n.Limits()
			choice, err := choiceOf(n.Args)
			if err != nil {
				return nil, err
			}
			found := &found{note: func(text string) { n.Graph.Note(n.Name, text) }}
			n.Graph.OnEnd(found.tell)
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(ctx context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
				reading := NewReading(ctx, limits)
				reading.Choice = choice
				s, err := Decode(r.Value, reading)
				if err == nil {
					found.saw(s.Image, reading.greyed)
				}
				return s, err
			}), nil
		},
	}
}

// Decode gives the sample with its image, and without its files.
func Decode(s *data.Sample, r *Reading) (*data.Sample, error) {
	if s.Image != nil {
		return nil, errors.New("it is decoded already: one op decode is enough")
	}
	out := *s
	out.Files = nil
	if len(s.Files) != 1 {
		im, sum, err := merge(s.Files, r)
		out.Image, out.Sum, out.Planes = im, sum, channelsOf(s.Files)
		return &out, err
	}
	f := s.Files[0]
	buffer := fileBuffers.Get().(*[]byte)
	defer keepBuffer(buffer)
	content, err := r.File(f, buffer)
	if err == nil && f.Channel == data.Packed {
		err = r.AdmitPacked(f, content)
	}
	if err != nil {
		return nil, flow.OfFile(f.Name, err)
	}
	if out.Sum = f.Sum; out.Sum == 0 {
		var sum provenance.Sum
		sum.Add(f.Channel, content)
		out.Sum = sum.Value()
	}
	if f.Channel != data.Packed {
		planes := codec.RGBA
		if f.Channel == data.RGBY {
			planes = asClaimed
		}
		if content, err = r.unpackAndAdmit(f, content, planes); err != nil {
			return nil, flow.OfFile(f.Name, err)
		}
	}
	switch f.Channel {
	case data.Packed:
		packed, err := shards.DecodeSample(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out.Image, out.Planes = packed.Image, packed.Planes
	case data.RGBY:
		out.Image, err = r.Choice.For(f).DecodeChannels(f.Name, content)
	default:
		out.Image, err = r.Choice.For(f).Decode(f.Name, content)
		out.Planes = channelsOf(s.Files)
	}
	if err != nil {
		return nil, flow.OfFile(f.Name, fmt.Errorf("%s image: %w", f.Channel, err))
	}
	return &out, nil
}

// channelsOf are the channels of single-channel files, as names of planes; several
// files of a channel stand beside one another.
func channelsOf(files []data.File) []string {
	names := make([]string, 0, len(data.Colours))
	for i, f := range files {
		if i == 0 || f.Channel != files[i-1].Channel {
			names = append(names, f.Channel)
		}
	}
	return data.OwnPlaneNames(names)
}

// merge decodes single-channel files and makes one image of them, in the
// order of the files, and their Sum. Files of one channel that stand beside one
// another are its slices.
func merge(files []data.File, r *Reading) (*data.Image, uint64, error) {
	buffer := fileBuffers.Get().(*[]byte)
	defer keepBuffer(buffer)
	stack := newStack(files, r)
	var im *data.Image
	var sum provenance.Sum
	for i, f := range files {
		content, err := r.File(f, buffer)
		if err == nil {
			sum.Add(f.Channel, content)
			r.planes = 0 // not known yet
			content, err = r.unpackAndAdmit(f, content, stack.held())
		}
		if err != nil {
			return nil, 0, flow.OfFile(f.Name, fmt.Errorf("%s plane: %w", f.Channel, err))
		}
		err = stack.choice(f).DecodePlane(f.Name, content, func(width, height, depth int) (data.Plane, error) {
			if im == nil {
				im = data.NewImage(width, height, stack.planes, depth)
			}
			switch {
			case width != im.Width || height != im.Height:
				return data.Plane{}, fmt.Errorf("is %dx%d pixels, but the %s plane is %dx%d",
					width, height, files[0].Channel, im.Width, im.Height)
			case depth != im.Depth():
				return data.Plane{}, fmt.Errorf("has %d bits, but the %s plane has %d", depth, files[0].Channel, im.Depth())
			}
			return stack.plane(im, i), nil
		})
		if err != nil {
			return nil, 0, flow.OfFile(f.Name, fmt.Errorf("%s plane: %w", f.Channel, err))
		}
		stack.add(im, i)
		if r.planes > 2 { // else grey, perhaps with alpha
			r.greyed++
		}
	}
	return im, sum.Value(), nil
}

// fileBuffers hold the content of files while they are decoded.
var fileBuffers = sync.Pool{New: func() any { return new([]byte) }}

// mostKept is the largest buffer that is kept for the next file.
const mostKept = 8 << 20

func keepBuffer(b *[]byte) {
	if cap(*b) > mostKept {
		*b = nil
	}
	fileBuffers.Put(b)
}
