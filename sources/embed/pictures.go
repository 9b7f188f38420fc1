package embed

import (
	"context"
	"fmt"
	"iter"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/images"
	"hpaflow/sources/images/omezarr"
)

func picturesSpec(r *component.Registry) *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "pictures",
		Doc: "Samples from whatever holds their images: a folder of shards; an OME-Zarr; one of ID_PLANE.png (or .tif, .jpg), a file a plane; or one of ID.png, " +
			"each of all planes. What is no folder is read as source channels does.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputAny, Stdio: true, Streams: true, Holds: []component.Content{component.Pictures, component.Shards}, Doc: "the folder; or a tar, a zip file or names of single-channel images"},
			{Name: "planes", Type: component.Strings, Default: data.Colours[:], Doc: "the planes of an image, in their order, each a NAME that stands in names of files, or NAME=VALUE where VALUE stands there"},
			images.PatternField(), images.SliceFields()[0], images.SliceFields()[1], omezarr.LevelField,
		},
		Check: func(a component.Args) []component.FieldFault { return images.CheckNames(a, "planes") },
		Build: func(n *component.Node) (component.Output, error) {
			dir, planes := n.Args.String("dir"), n.Args.Strings("planes")
			kind, err := component.Once(n, "form", func() (string, error) { return formOf(dir, n.Args.String("pattern"), planes, n.Limits()) })
			if err != nil {
				return nil, err
			}
			spec, known := r.Lookup(flow.KindSource, kind)
			if !known {
				return nil, fmt.Errorf("there is no source %q to read %s by", kind, dir)
			}
			by := *n
			by.Spec, by.Args = spec, component.Args{}
			for _, f := range spec.AllFields() {
				by.Args[f.Name] = f.Default
			}
			by.Args["dir"] = dir
			if kind == "channels" {
				by.Args["channels"] = planes
				for _, field := range []string{"pattern", "z", "t", "level"} {
					by.Args[field] = n.Args.String(field)
				}
			}
			out, err := spec.Build(&by)
			if cut := n.Graph.Cut(n.Name); err == nil && kind == "channels" && cut != nil {
				n.Graph.OnOrigins(n.Name, originsOf(cut))
			}
			return out, err
		},
	}
}

// originsOf tells what a folder's samples are made from, for a table that is made
// of all of them. What cannot be listed the run finds out.
func originsOf(cut *flow.Cut) iter.Seq2[string, flow.Origin] {
	return func(yield func(string, flow.Origin) bool) {
		names, _ := cut.Names(context.Background())
		for _, name := range names {
			if key, from, whole := cut.Origin(name); whole && !yield(key, from) {
				return
			}
		}
	}
}
