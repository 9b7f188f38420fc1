package sinks

import (
	"io"

	"hpaflow/flow/component"
	"hpaflow/sinks/cells"
	"hpaflow/sinks/challenge"
	"hpaflow/sinks/crops"
	"hpaflow/sinks/deadletters"
	"hpaflow/sinks/download"
	"hpaflow/sinks/duplicates"
	"hpaflow/sinks/embed"
	"hpaflow/sinks/hpa"
	"hpaflow/sinks/images"
	"hpaflow/sinks/predict"
	"hpaflow/sinks/report"
	"hpaflow/sinks/search"
	"hpaflow/sinks/shards"
	"hpaflow/sinks/split"
	"hpaflow/sinks/training"
)

// Register makes the sinks known, room by room. Stdout is what "-" writes to.
func Register(r *component.Registry, stdout io.Writer) {
	cells.Register(r)
	challenge.Register(r)
	crops.Register(r)
	deadletters.Register(r)
	download.Register(r)
	duplicates.Register(r)
	embed.Register(r)
	hpa.Register(r)
	images.Register(r, stdout)
	predict.Register(r)
	report.Register(r)
	search.Register(r)
	shards.Register(r)
	split.Register(r)
	training.Register(r)
}
