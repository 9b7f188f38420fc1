package images

import (
	"context"
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
		Doc:  "Samples from four-channel images named ID.png, in a folder.",
		Out:  edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputDir, Doc: "folder of the images"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			dir := n.Args.String("dir")
			n.Graph.OnOrigins(n.Name, func(yield func(string, flow.Origin) bool) {
				ids, _ := rgbyIDs(dir) // the run says what is wrong
				for _, id := range ids {
					if !yield(id, provenance.Files(rgbyFile(dir, id))) {
						return
					}
				}
			})
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*data.Sample]) error {
				return rgbyFolder(dir, out)
			}), nil
		},
	}
}

func rgbyFolder(dir string, out *flow.Emitter[*data.Sample]) error {
	ids, err := rgbyIDs(dir)
	if err != nil {
		return err
	}
	out.Expect(len(ids))
	for _, id := range ids {
		files := rgbyFile(dir, id)
		complete, err := out.CompleteFrom(id, provenance.Files(files))
		if err == nil && !complete {
			err = out.Emit(id, &data.Sample{ID: id, Files: files})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rgbyIDs are the samples in a folder, sorted.
func rgbyIDs(dir string) ([]string, error) {
	names, err := ReadNames(dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, rgbyExt); ok && !strings.HasPrefix(name, ".") {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

const rgbyExt = ".png"

// rgbyFile is where a folder of RGBY images holds a sample.
func rgbyFile(dir, id string) []data.File {
	return []data.File{{Name: filepath.Join(dir, id+rgbyExt), Channel: data.RGBY}}
}
