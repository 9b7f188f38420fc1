package ops

import (
	"hpaflow/data"
	"hpaflow/data/shard"
	"hpaflow/flow"
	"hpaflow/models"
)

var (
	sampleType = flow.TypeOf[*data.Sample]("sample")
	fileType   = flow.TypeOf[data.File]("file")
	frameType  = flow.TypeOf[shard.Frame]("frame")
	batchType  = flow.TypeOf[*data.Batch]("batch")
	epochType  = flow.TypeOf[*models.Epoch]("epoch")
)

// Register makes the ops known.
func Register(r *flow.Registry) {
	r.Register(decodeSpec(), labelSpec(), resizeSpec(), augmentSpec(), encodeSpec(), packSpec(), batchSpec(), trainSpec())
}

// in is the port of an op with one input.
func in(t flow.Type) []flow.Port { return []flow.Port{{Name: "in", Type: t}} }
