package images

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
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
			{Name: "dir", Type: component.InputDir, Doc: "folder of the images"},
			keysField,
		},
		Build: func(n *component.Node) (component.Output, error) {
			dir, limits := n.Args.String("dir"), limitsOf(n)
			return flow.Source(n.Graph, n.Stage(), func(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
				return rgbyFolder(ctx, dir, limits, out)
			}), nil
		},
	}
}

func rgbyFolder(ctx context.Context, dir string, limits component.Limits, out *flow.Emitter[*data.Sample]) error {
	var keys []string
	var t tally
	l := listing{root: dir, limits: limits, tally: &t}
	err := l.walk(ctx, func(name string) {
		key, ok := strings.CutSuffix(name, rgbyExt)
		if ok = ok && path.Base(name)[0] != '.'; ok {
			keys = append(keys, key)
		}
		t.saw(name, ok)
	})
	if err == nil {
		err = t.empty(dir, limits)
	}
	if err != nil {
		return err
	}
	slices.Sort(keys)
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
	if out.Complete(key) {
		return nil
	}
	return out.Emit(key, &data.Sample{ID: key, Files: rgbyFile(dir, key)})
}

const rgbyExt = ".png"

// rgbyFile is where a folder of RGBY images holds a sample.
func rgbyFile(dir, key string) []data.File {
	return []data.File{{Name: filepath.Join(dir, key+rgbyExt), Channel: data.RGBY}}
}
