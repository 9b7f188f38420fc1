package images

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/codec/ometiff"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

// compressions are those of OME-TIFF, by name.
var compressions = map[string]ometiff.Compression{"deflate": ometiff.Deflate, "zstd": ometiff.Zstd}

func encodeSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "encode", Parallel: true,
		Doc: "Encode a sample's image, of 8 or 16 bits: as a PNG named ID.png, four planes as its R, G, B and alpha, not premultiplied; " +
			"or as an OME-TIFF named ID.ome.tif, a page for each of up to " + strconv.Itoa(data.MaxPlanes) + " planes, which Fiji and QuPath open.",
		In: component.Takes(edges.Planes), Out: edges.File,
		Fields: []component.Field{
			{Name: "format", Type: component.String, Default: codec.PNG, Choices: codec.Formats, Doc: "the files' format"},
			{Name: "compression", Type: component.String, Default: "deflate", Choices: []string{"deflate", "zstd"},
				Doc: "of OME-TIFF: deflate, which everything reads, or zstd, which is smaller and read sooner"},
			{Name: "names", Type: component.Strings, Default: []string{}, Doc: "what OME-TIFF calls the planes, in their order; empty: as they are called"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			in := component.In[*data.Sample](n, "in")
			encode, format := appendPNG, n.Args.String("format")
			switch format {
			case codec.PNG:
				if err := fitPNG(flow.Told[edges.PlaneNames](in)); err != nil {
					return nil, err
				}
			case codec.OMETIFF:
				encode = omeTIFFs(n.Args.Strings("names"), compressions[n.Args.String("compression")])
			}
			out := flow.Map(in, n.Stage(), func(ctx context.Context, r flow.Record[*data.Sample]) (data.File, error) {
				im, err := r.Value.Pixels()
				if err != nil {
					return data.File{}, err
				}
				room := roomFor(im)
				if err := flow.Reserve(ctx, room, 0); err != nil {
					return data.File{}, err
				}
				b, err := encode(make([]byte, 0, room), r.Value)
				return data.File{Name: r.Value.ID + "." + format, Channel: data.RGBY, Sum: r.Value.Sum, Data: b}, err
			})
			out.Tell(edges.Ending("." + format))
			return out, nil
		},
	}
}

func appendPNG(dst []byte, s *data.Sample) ([]byte, error) { return codec.AppendRGBY(dst, s.Image) }

// fitPNG refuses images of more planes than a PNG holds.
func fitPNG(told []edges.PlaneNames) error {
	for _, names := range told[:min(len(told), 1)] {
		if len(names) > codec.RGBA {
			return fmt.Errorf("a PNG holds at most %d planes, and there are %d (%s): write OME-TIFF, format = %q, or shards (rgby-shards.flow)",
				codec.RGBA, len(names), strings.Join(names, ", "), codec.OMETIFF)
		}
	}
	return nil
}

// omeTIFFs encodes samples as OME-TIFF, whose planes are called as the sample says
// unless there are other names for them.
func omeTIFFs(names []string, c ometiff.Compression) func([]byte, *data.Sample) ([]byte, error) {
	return func(dst []byte, s *data.Sample) ([]byte, error) {
		o := ometiff.Options{Names: names, Compression: c}
		if len(names) == 0 {
			o.Names = data.PlaneNames(s.Planes, len(s.Image.Planes))
		}
		return ometiff.Append(dst, s.Image, o)
	}
}

// manyBytes is where to grow a result, which for a while takes its memory more
// than twice, is worse than to make room for all it can come to.
const manyBytes = 8 << 20

// roomFor is how many bytes an image's file is given: what most take, and for
// large ones what no file of ours exceeds.
func roomFor(im *data.Image) int64 {
	if n := im.Bytes(); n > manyBytes {
		return n + n/64 + 1<<16
	}
	return im.Bytes() * 5 / 8
}
