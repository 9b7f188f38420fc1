package ops

import (
	"hpaflow/flow/component"
	"hpaflow/ops/cells"
	"hpaflow/ops/challenge"
	"hpaflow/ops/crops"
	"hpaflow/ops/duplicates"
	"hpaflow/ops/embed"
	"hpaflow/ops/images"
	"hpaflow/ops/predict"
	"hpaflow/ops/search"
	"hpaflow/ops/shards"
	"hpaflow/ops/split"
	"hpaflow/ops/training"
)

// Register makes the ops known, room by room.
func Register(r *component.Registry) {
	cells.Register(r)
	challenge.Register(r)
	crops.Register(r)
	duplicates.Register(r)
	embed.Register(r)
	images.Register(r)
	predict.Register(r)
	search.Register(r)
	shards.Register(r)
	split.Register(r)
	training.Register(r)
}
