package ops

import (
	"hpaflow/data"
	"hpaflow/data/duplicates"
	"hpaflow/data/imagehash"
	"hpaflow/data/shard"
	"hpaflow/data/split"
	"hpaflow/data/submission"
	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/metrics"
)

var (
	sampleType   = flow.TypeOf[*data.Sample]("sample")
	channelsType = flow.TypeOf[*data.Channels]("channels")
	fileType     = flow.TypeOf[data.File]("file")
	frameType    = flow.TypeOf[shard.Frame]("frame")
	hashedType   = flow.TypeOf[*imagehash.Hashed]("hashed")
	batchType    = flow.TypeOf[*data.Batch]("batch")
	progressType = flow.TypeOf[*models.Progress]("progress")

	assignmentType  = flow.TypeOf[split.Assignment]("assignment")
	groupType       = flow.TypeOf[*duplicates.Group]("group")
	leakType        = flow.TypeOf[duplicates.Image]("leak")
	predictionType  = flow.TypeOf[*data.Prediction]("prediction")
	calibrationType = flow.TypeOf[*metrics.Calibration]("calibration")
	claimType       = flow.TypeOf[submission.Row]("claim")
)

// Register makes the ops known.
func Register(r *flow.Registry) {
	r.Register(
		applyLeaksSpec(),
		augmentSpec(),
		averageSpec(),
		batchSpec(),
		conformSpec(),
		decideSpec(),
		decodeSpec(),
		drawCellsSpec(),
		duplicatesSpec(),
		encodeSpec(),
		fingerprintSpec(),
		gatherSpec(),
		hashSpec(),
		labelSpec(),
		leaksSpec(),
		packSpec(),
		predictSpec(),
		resizeSpec(),
		stratifySpec(),
		thresholdSpec(),
		trainSpec(),
		trialSpec(),
	)
}

// in is the port of an op with one input.
func in(t flow.Type) []flow.Port { return []flow.Port{{Name: "in", Type: t}} }
