package embed

import (
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/embed"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func embeddingsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "embeddings",
		Doc: "Write embeddings as a table, whose name says how: NAME.parquet (id, top_class_name, top_class, prob00.., feat0000..), " +
			"NAME.csv as SubCell's own tool writes result.csv, or NAME.npy, a folder of ID_embedding.npy and ID_probabilities.npy. " +
			"A table that is there, made from the same weights and images with the same settings, is kept; a run that was stopped is gone on with. " +
			"Where units make it, NAME.parquet is a folder of part files.",
		In: component.Takes(edges.Embedding),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputPath, Doc: "NAME.parquet, NAME.csv or NAME.npy"},
			{Name: "dtype", Type: component.String, Default: string(embed.Float32), Choices: embed.DTypes(), Doc: "how the values of embeddings are kept; probabilities are float32"},
			{Name: "rows", Type: component.Int, Bears: component.NoBearing, Default: 16, Min: 1, Max: 1 << 16, Doc: "rows that appear together beside the table while it is made: a run that is killed loses less"},
		},
		Check: func(a component.Args) []component.FieldFault {
			if _, err := embed.FormatOf(a.String("file")); err != nil {
				return []component.FieldFault{{Field: "file", Fault: err.Error()}}
			}
			return nil
		},
		ByUnit: byUnit(),
		Build: func(n *component.Node) (component.Output, error) {
			in := component.In[*embed.Embedding](n, "in")
			file := filepath.Clean(n.Args.String("file"))
			if format, _ := embed.FormatOf(file); format == embed.NPY {
				flow.To(in, n.Stage(), newFiles(n, file, arrayNames, arrays(embed.DType(n.Args.String("dtype")))))
				return nil, nil
			}
			s := &table{args: n.Args, graph: n.Graph, stage: n.Name, inUnit: n.InUnit}
			s.Whole = results.NewWhole(n, file, provenance.Beside(atomicfile.Target(file)), in.Sources())
			flow.To(in, n.Stage(), s)
			return nil, nil
		},
	}
}
