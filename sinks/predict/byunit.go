package predict

import (
	"errors"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/predict"
	"hpaflow/data/table"
	"hpaflow/flow/component"
	"hpaflow/sinks/results"
)

// byUnit gives each unit a table of its own, in the format of the whole one, and
// writes their rows into that. The whole table is none of the units' folder, as
// one of shards is replaced as a whole.
func byUnit() *component.ByUnit { return results.FileByUnit("file", joinTables) }

func joinTables(n *component.Node, parts []string) (err error) {
	file := filepath.Clean(n.Args.String("file"))
	if format, err := predict.FormatOf(file); err != nil || format != predict.Shards {
		if err := csvKind.Check(file); err != nil {
			return err
		}
	}
	o := predict.Options{ShardRows: n.Args.Int("samples")}
	if o.Names, err = labelNames(n); err != nil {
		return err
	}
	w, err := predict.Create(file, o)
	if err != nil {
		return err
	}
	for _, part := range parts {
		var fault error
		err := predict.Each(part, n.Args.Int("classes"), table.Limit(n.Limits().MaxRows), func(p *data.Prediction) {
			if fault == nil {
				fault = w.Add(p)
			}
		})
		if err = errors.Join(err, fault); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	return w.Commit()
}

// labelNames are the labels' own that the node was given; nil: none.
func labelNames(n *component.Node) (data.Names, error) {
	labels := n.Args.String("labels")
	if labels == "" {
		return nil, nil
	}
	return data.ReadNames(labels, n.Args.Int("classes"))
}
