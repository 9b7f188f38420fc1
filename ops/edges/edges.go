// Package edges declares what travels on the edges of a flow, each type once:
// the values that sources, ops and sinks hand to one another. Two ports fit
// when their types are the same here.
//
// A type over package models, which sources may not import, stands in package
// trained. Neither holds more than declarations.
package edges

import (
	"hpaflow/data"
	"hpaflow/data/cells"
	"hpaflow/data/duplicates"
	"hpaflow/data/imagehash"
	"hpaflow/data/search"
	"hpaflow/data/shard"
	"hpaflow/data/split"
	"hpaflow/data/submission"
	"hpaflow/flow"
	"hpaflow/models/metrics"
)

// Images, from files to batches.
var (
	Sample   = flow.TypeOf[*data.Sample]("sample")     // with files, and once decoded with planes
	Channels = flow.TypeOf[*data.Channels]("channels") // a sample whose channels are pictures of their own
	File     = flow.TypeOf[data.File]("file")          // encoded
	Frame    = flow.TypeOf[shard.Frame]("frame")       // a sample as a shard holds it
	Batch    = flow.TypeOf[*data.Batch]("batch")       // values and targets of several samples
)

// What is found out about samples, and decided for them.
var (
	Hashed      = flow.TypeOf[*imagehash.Hashed]("hashed")
	Group       = flow.TypeOf[*duplicates.Group]("group")
	Leak        = flow.TypeOf[duplicates.Image]("leak")
	Assignment  = flow.TypeOf[split.Assignment]("assignment")
	Prediction  = flow.TypeOf[*data.Prediction]("prediction")
	Calibration = flow.TypeOf[*metrics.Calibration]("calibration")
	Claim       = flow.TypeOf[submission.Row]("claim")
)

// The rest.
var (
	PlannedCells = flow.TypeOf[cells.Planned]("planned cells")
	Trial        = flow.TypeOf[*search.Trial]("trial")
	Result       = flow.TypeOf[search.Result]("result") // of a trial
	DeadLetter   = flow.TypeOf[flow.DeadLetter]("dead letter")
)
