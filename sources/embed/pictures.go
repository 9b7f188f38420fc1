package embed

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/shards"
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
			{Name: "dir", Type: component.InputAny, Stdio: true, Holds: []component.Content{component.Pictures, component.Shards}, Doc: "the folder; or a tar, a zip file or names of single-channel images"},
			{Name: "planes", Type: component.Strings, Default: data.Colours[:], Doc: "the planes of an image, in their order"},
			omezarr.LevelField,
		},
		Check: func(a component.Args) []component.FieldFault {
			if err := data.CheckPlaneNames(a.Strings("planes")); err != nil {
				return []component.FieldFault{{Field: "planes", Fault: err.Error()}}
			}
			return nil
		},
		Build: func(n *component.Node) (component.Output, error) {
			dir, planes := n.Args.String("dir"), n.Args.Strings("planes")
			kind, err := component.Once(n, "form", func() (string, error) { return formOf(dir, planes, n.Limits()) })
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
				by.Args["channels"], by.Args["level"] = planes, n.Args.String("level")
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

// formOf is the source that reads what is at a path. A folder whose first image
// has another number of planes than are named is refused.
func formOf(path string, planes []string, limits component.Limits) (source string, err error) {
	if is, err := omezarr.Found(context.Background(), path); is || err != nil {
		return "channels", err
	}
	info, err := os.Stat(path)
	switch {
	case path == "-" || err == nil && !info.IsDir():
		return "channels", nil
	case err != nil:
		return "", err
	case shards.Exists(path):
		return "shards", checkFrame(path, len(planes))
	}
	file, err := firstImage(path, limits)
	if err != nil {
		return "", err
	}
	stem, _ := images.Stem(filepath.Base(file))
	if file == "" || slices.ContainsFunc(planes, func(p string) bool { return strings.HasSuffix(stem, "_"+p) }) {
		return "channels", nil
	}
	return "rgby", checkPlanes(file, len(planes))
}

// firstImage is the first image of a folder by name, in folders below it where
// keys have paths; empty: there is none.
func firstImage(dir string, limits component.Limits) (found string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			if path != dir && (e.Name()[0] == '.' || limits.Keys != component.KeysPath) {
				return fs.SkipDir
			}
			return nil
		}
		if _, image := images.Stem(e.Name()); image {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	return found, err
}

// checkPlanes looks at an image's header. One that cannot be read is left to the
// run, which knows what to do with bad records.
func checkPlanes(file string, want int) error {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return nil
	}
	claim, err := codec.ReadClaim(file, head)
	if err != nil || claim.Channels == want {
		return nil
	}
	return fmt.Errorf("%s has %d planes, and planes names %d; say in planes what they are", file, claim.Channels, want)
}

func checkFrame(dir string, want int) error {
	r, err := shards.Open(dir, shards.Planes)
	if err != nil {
		return err
	}
	defer r.Close()
	entries := r.Entries()
	if len(entries) == 0 {
		return nil
	}
	f, err := r.File(entries[0].Key)
	if err != nil {
		return nil
	}
	s, err := shards.DecodeSample(f.Data)
	if err != nil || len(s.Image.Planes) == want {
		return nil
	}
	return fmt.Errorf("%s in %s has %d planes, and planes names %d; say in planes what they are", entries[0].Key, dir, len(s.Image.Planes), want)
}
