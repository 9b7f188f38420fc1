package images

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/data/store"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/remote"
)

func rgbySpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource,
		Name: "rgby",
		Doc: "Samples from four-channel images named ID.png, in a folder. With keys = \"path\" the folders in it are read too, " +
			"and a key is plate/ID.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputDir, Streams: true, Holds: []component.Content{component.Pictures}, Doc: "folder of the images"},
			keysField,
		},
		Build: func(n *component.Node) (component.Output, error) {
			in := &rgbyInput{dir: n.Args.String("dir"), limits: limitsOf(n)}
			if place.Remote(in.dir) {
				var err error
				if in.store, err = remote.Open(context.Background(), in.dir); err != nil {
					return nil, err
				}
			}
			n.Graph.OnOrigins(n.Name, func(yield func(string, flow.Origin) bool) {
				keys, _ := in.listOnce(context.Background(), n) // the run says what is wrong
				for _, key := range keys {
					if !yield(key, in.origin(key)) {
						return
					}
				}
			})
			var first int64
			var taken []string // of the folder's keys; nil: all
			n.Graph.OnCut(n.Name, &flow.Cut{
				Names:  func(ctx context.Context) ([]string, error) { return in.listOnce(ctx, n) },
				Take:   func(at int64, keys []string) { first, taken = at, keys },
				Origin: func(key string) (string, flow.Origin, bool) { return key, in.origin(key), true },
			})
			out := flow.Source(n.Graph, n.Stage(), func(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
				if taken == nil || in.store != nil {
					keys, err := in.listOnce(ctx, n)
					if err != nil {
						return err
					}
					if taken == nil {
						taken = keys
					}
				}
				out.At(first)
				return in.yield(taken, out)
			})
			if in.store == nil {
				return out, nil
			}
			return remote.Fetch(out, n.Name, func(ctx context.Context, _ *data.Sample, f data.File) (data.File, error) {
				var err error
				f.Data, err = in.store.Get(ctx, f, in.limits)
				return f, err
			}), nil
		},
	}
}

// rgbyInput is a folder of RGBY images.
type rgbyInput struct {
	dir     string
	limits  component.Limits
	store   *remote.Folder        // that the folder is; nil: it is one of this machine
	objects map[string]rgbyObject // of a store, by key
}

// rgbyObject is what a listing has told of an image.
type rgbyObject struct {
	size int64
	mark uint64
}

// listed is what a listing has come to.
type listed struct {
	keys    []string
	objects map[string]rgbyObject
}

// listOnce lists the samples, once for all units of a flow.
func (in *rgbyInput) listOnce(ctx context.Context, n *component.Node) ([]string, error) {
	l, err := component.Once(n, "keys", func() (l listed, err error) {
		if in.store != nil {
			l.objects = map[string]rgbyObject{}
		}
		l.keys, err = rgbyKeys(ctx, in, l.objects)
		return l, err
	})
	in.objects = l.objects
	return l.keys, err
}

// rgbyKeys are the samples in a folder, sorted.
func rgbyKeys(ctx context.Context, in *rgbyInput, objects map[string]rgbyObject) (keys []string, err error) {
	var t tally
	wanted := func(name string) bool { return strings.HasSuffix(name, rgbyExt) && path.Base(name)[0] != '.' }
	l := listing{root: in.dir, store: in.store, limits: in.limits, tally: &t, wanted: wanted}
	visit := func(name string) {
		ok := wanted(name)
		if ok {
			keys = append(keys, strings.TrimSuffix(name, rgbyExt))
		}
		t.saw(name, ok)
	}
	if in.store == nil {
		err = l.walk(ctx, visit)
	} else {
		err = l.objects(ctx, func(o store.Object) {
			visit(o.Key)
			objects[strings.TrimSuffix(o.Key, rgbyExt)] = rgbyObject{o.Size, remote.Mark(o)}
		})
	}
	if err == nil {
		err = t.empty(in.dir, in.limits)
	}
	slices.Sort(keys)
	return keys, err
}

func (in *rgbyInput) yield(keys []string, out *flow.Emitter[*data.Sample]) error {
	out.Expect(len(keys))
	for _, key := range keys {
		if err := in.yieldOne(key, out); err != nil {
			return err
		}
	}
	return nil
}

func (in *rgbyInput) yieldOne(key string, out *flow.Emitter[*data.Sample]) error {
	if err := data.CheckKey(key); err != nil {
		return out.Fail(keyShown(key), err)
	}
	if complete, err := out.CompleteFrom(key, in.origin(key)); err != nil || complete {
		return err
	}
	return out.Emit(key, &data.Sample{ID: key, Files: in.file(key)})
}

// file is where the folder holds a sample.
func (in *rgbyInput) file(key string) []data.File {
	if in.store == nil {
		return rgbyFile(in.dir, key)
	}
	o := in.objects[key]
	return []data.File{{Name: in.store.Prefix() + key + rgbyExt, Channel: data.RGBY, Size: o.size, Mark: o.mark}}
}

func (in *rgbyInput) origin(key string) flow.Origin {
	if in.store == nil {
		return provenance.Files(rgbyFile(in.dir, key))
	}
	return in.store.Origin(in.file(key), in.limits)
}

const rgbyExt = ".png"

// rgbyFile is where a folder of RGBY images holds a sample.
func rgbyFile(dir, key string) []data.File {
	return []data.File{{Name: filepath.Join(dir, key+rgbyExt), Channel: data.RGBY}}
}
