package webdataset

import (
	"context"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func webdatasetSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "webdataset",
		Doc: "Samples from tars in WebDataset's layout, in their order: members KEY.png (.jpg, .tif, .npy), with labels in KEY.json or " +
			"KEY.cls. Tars may be compressed (gzip, bzip2, zstd, xz). The planes of an image are its channels; an array of NumPy has the " +
			"shape (planes, height, width), (height, width), or, where the first is more than 16, (height, width, planes). A tar that breaks " +
			"off is a dead letter, and so is the sample it breaks off in.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "tars", Type: component.Strings, Check: checkTars, There: areThere, Doc: "the tars, in their order: paths, URLs, lists in braces (train-{000..012}.tar), and folders, of whose tars all are read by name"},
			{Name: "image", Type: component.Strings, Default: []string{}, Doc: "what stands behind the key in the name of a sample's image, such as png or rgby.npy; several are one plane each; empty: any of png, jpg, jpeg, tif, tiff and npy"},
			{Name: "labels", Type: component.String, Default: auto, Doc: "where labels are: a field of KEY.json; a member, such as .cls, of numbers; none; or auto: labels or label in KEY.json, else KEY.cls"},
			{Name: "split", Type: component.String, Default: "", Doc: "the split of all samples; empty: split in KEY.json, where it is there"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			tars, err := listTars(context.Background(), n.Args.Strings("tars"))
			if err != nil {
				return nil, err
			}
			in := &input{
				tars: tars, limits: n.Limits(), wants: wantsOf(n.Args.Strings("image"), n.Args.String("labels")), split: n.Args.String("split"),
				seen: map[string]uint64{},
			}
			out := flow.Source(n.Graph, n.Stage(), in.run)
			out.Tell(edges.Origin{What: "tars", Identity: func() (string, error) { return identity(tars) }})
			return out, nil
		},
	}
}

// input reads tars.
type input struct {
	tars   []string
	limits component.Limits
	wants  wants
	split  string
	seen   map[string]uint64 // samples by key: the XXH64 of their images
	others int               // members of no sample that is recognised
	failed int               // samples and tars
}

func (in *input) run(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
	for _, tar := range in.tars {
		r := &reading{input: in, tar: tar, out: out}
		if err := r.all(ctx); err != nil {
			return err
		}
	}
	if len(in.seen) > 0 || in.limits.AllowEmpty || in.failed > 0 {
		return nil
	}
	return &component.InputError{Err: fmt.Errorf("%s holds no sample with an image as is asked for (%s); %d members are other things",
		place.Shown(in.tars[0]), in.wants, in.others)}
}
