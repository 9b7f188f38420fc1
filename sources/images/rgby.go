package images

import (
	"context"
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
		Doc:  "Samples from four-channel images named ID.png, in a folder.",
		Out:  edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputDir, Doc: "folder of the images"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			dir := n.Args.String("dir")
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*data.Sample]) error {
				return rgbyFolder(dir, out)
			}), nil
		},
	}
}

func rgbyFolder(dir string, out *flow.Emitter[*data.Sample]) error {
	names, err := ReadNames(dir)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return filepath.Ext(name) != rgbyExt || strings.HasPrefix(name, ".")
	})
	slices.Sort(names)
	out.Expect(len(names))
	for _, name := range names {
		id := strings.TrimSuffix(name, rgbyExt)
		if out.Complete(id) {
			continue
		}
		if err := out.Emit(id, &data.Sample{ID: id, Files: rgbyFile(dir, id)}); err != nil {
			return err
		}
	}
	return nil
}

const rgbyExt = ".png"

// rgbyFile is where a folder of RGBY images holds a sample.
func rgbyFile(dir, id string) []data.File {
	return []data.File{{Name: filepath.Join(dir, id+rgbyExt), Channel: data.RGBY}}
}
