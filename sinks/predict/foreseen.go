package predict

import (
	"fmt"

	"hpaflow/data"
	"hpaflow/data/predict"
	"hpaflow/data/shards"
	"hpaflow/models/checkpoint"
	"hpaflow/models/statedict"
	"hpaflow/ops/edges"
)

// madeFrom gives the settings and files whose digest a table is known by. An
// input may be a run's folder, of which the weights count that are taken, and
// may say which state dict of a file. Without labels of one's own the digest is
// that of earlier versions.
func madeFrom(settings, inputs []string, labels string) (all, files []string) {
	all = append(all, settings...)
	for _, input := range inputs {
		path, where := statedict.SplitPath(input)
		if where != "" {
			all = append(all, where)
		}
		if weights, err := checkpoint.FindWeights(path); err == nil && checkpoint.WeightsFile(path) != weights {
			path = weights
		}
		files = append(files, path)
	}
	if labels != "" {
		files = append(files, labels)
	}
	return all, files
}

// checkKeys refuses Ids that a folder of shards has no place for, before
// anything is predicted.
func checkKeys(path string, tables []edges.Rows) error {
	if format, err := predict.FormatOf(path); err != nil || format != predict.Shards {
		return err
	}
	for _, t := range tables {
		var unfit []string
		for _, id := range t.IDs {
			if shards.CheckKey(id) != nil {
				unfit = append(unfit, id)
			}
		}
		if len(unfit) > 0 {
			return fmt.Errorf("%s cannot hold the rows of %s: %w: %s; write NAME.csv or NAME.csv.zst", path, t.Table, shards.CheckKey(unfit[0]), data.Enumerate(unfit))
		}
	}
	return nil
}
