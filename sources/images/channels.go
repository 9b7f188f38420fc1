package images

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func channelsSpec(stdin io.Reader) *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource,
		Name: "channels",
		Doc: "Samples from single-channel images named ID_CHANNEL.png (or .tif, .tiff, .jpg, .jpeg). " +
			"A sample that lacks a channel is skipped and reported by name.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputDir, Stdio: true,
				Doc: `folder of the images; "-" reads standard input: file names, one a line or NUL-terminated, or a tar stream`},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:],
				Doc: "the channels of a sample, in plane order; at most 4"},
		},
		Check: func(a component.Args) []component.FieldFault {
			if n := len(a.Strings("channels")); n < 1 || n > data.MaxPlanes {
				return []component.FieldFault{{Field: "channels", Fault: "a sample has one to four channels"}}
			}
			return nil
		},
		Build: func(n *component.Node) (component.Output, error) {
			g := newGrouping(n.Args.Strings("channels"))
			dir := n.Args.String("dir")
			return flow.Source(n.Graph, n.Stage(), func(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
				if dir == "-" {
					return fromStream(ctx, stdin, g, out)
				}
				return fromFolder(dir, g, out)
			}), nil
		},
	}
}

// fromFolder groups a folder's files by sample and yields the samples by Id.
func fromFolder(dir string, g *grouping, out *flow.Emitter[*data.Sample]) error {
	names, err := ReadNames(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		g.add(data.File{Name: filepath.Join(dir, name)})
	}
	samples := g.rest()
	slices.SortFunc(samples, func(a, b *group) int { return strings.Compare(a.id, b.id) })
	out.Expect(len(samples))
	for _, s := range samples {
		if err := s.yield(out); err != nil {
			return err
		}
	}
	return nil
}

// ReadNames lists the files of a folder, in no order, without asking the file
// system about each.
func ReadNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
