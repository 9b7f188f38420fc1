package images

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func rgbySpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource,
		Name: "rgby",
		Doc: "Samples from four-channel images named ID.png, in a folder. With keys = \"path\" the folders in it are read too, " +
			"and a key is plate/ID.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputDir, Holds: []component.Content{component.Pictures}, Doc: "folder of the images"},
			keysField,
		},
		Build: func(n *component.Node) (component.Output, error) {
			dir, limits := n.Args.String("dir"), limitsOf(n)
			n.Graph.OnOrigins(n.Name, func(yield func(string, flow.Origin) bool) {
				keys, _ := rgbyKeys(context.Background(), dir, limits) // the run says what is wrong
				for _, key := range keys {
					if !yield(key, provenance.Files(rgbyFile(dir, key))) {
						return
					}
				}
			})
			var first int64
			var taken []string // of the folder's keys; nil: all
			n.Graph.OnCut(n.Name, &flow.Cut{
				Names: func(ctx context.Context) ([]string, error) {
					return component.Once(n, "keys", func() ([]string, error) { return rgbyKeys(ctx, dir, limits) })
				},
				Take:   func(at int64, keys []string) { first, taken = at, keys },
				Origin: func(key string) (string, flow.Origin, bool) { return key, provenance.Files(rgbyFile(dir, key)), true },
			})
			return flow.Source(n.Graph, n.Stage(), func(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
				if taken == nil {
					keys, err := rgbyKeys(ctx, dir, limits)
					if err != nil {
						return err
					}
					taken = keys
				}
				out.At(first)
				return rgbyFolder(dir, taken, out)
			}), nil
		},
	}
}

// rgbyKeys are the samples in a folder, sorted.
func rgbyKeys(ctx context.Context, dir string, limits component.Limits) (keys []string, err error) {
	var t tally
	wanted := func(name string) bool { return strings.HasSuffix(name, rgbyExt) && path.Base(name)[0] != '.' }
	l := listing{root: dir, limits: limits, tally: &t, wanted: wanted}
	err = l.walk(ctx, func(name string) {
		ok := wanted(name)
		if ok {
			keys = append(keys, strings.TrimSuffix(name, rgbyExt))
		}
		t.saw(name, ok)
	})
	if err == nil {
		err = t.empty(dir, limits)
	}
	slices.Sort(keys)
	return keys, err
}

func rgbyFolder(dir string, keys []string, out *flow.Emitter[*data.Sample]) error {
	out.Expect(len(keys))
	for _, key := range keys {
		if err := yieldRGBY(dir, key, out); err != nil {
			return err
		}
	}
	return nil
}

func yieldRGBY(dir, key string, out *flow.Emitter[*data.Sample]) error {
	if err := data.CheckKey(key); err != nil {
		return out.Fail(keyShown(key), err)
	}
	files := rgbyFile(dir, key)
	if complete, err := out.CompleteFrom(key, provenance.Files(files)); err != nil || complete {
		return err
	}
	return out.Emit(key, &data.Sample{ID: key, Files: files})
}

const rgbyExt = ".png"

// rgbyFile is where a folder of RGBY images holds a sample.
func rgbyFile(dir, key string) []data.File {
	return []data.File{{Name: filepath.Join(dir, key+rgbyExt), Channel: data.RGBY}}
}
