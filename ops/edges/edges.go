// Package edges declares what travels on the edges of a flow, each type once:
// the values that sources, ops and sinks hand to one another. Two ports fit
// when their types are the same here, name and all: samples before and after they
// are decoded are two types, so that a flow which lacks the op between them is
// refused where it lacks it.
//
// A type over package models, which sources may not import, stands in package
// trained. Neither holds more than declarations.
package edges

import (
	"hpaflow/data"
	"hpaflow/data/cells"
	"hpaflow/data/challenge"
	"hpaflow/data/crops"
	"hpaflow/data/duplicates"
	"hpaflow/data/embed"
	"hpaflow/data/hpa"
	"hpaflow/data/imagehash"
	"hpaflow/data/metrics"
	"hpaflow/data/search"
	"hpaflow/data/shards"
	"hpaflow/data/split"
	"hpaflow/flow/component"
)

// Images, from files to batches.
var (
	Sample   = component.TypeOf[*data.Sample]("sample")     // with files, or with labels alone
	Planes   = component.TypeOf[*data.Sample]("planes")     // a sample that is decoded
	Channels = component.TypeOf[*data.Channels]("channels") // a sample whose channels are pictures of their own
	File     = component.TypeOf[data.File]("file")          // encoded
	Frame    = component.TypeOf[shards.Frame]("frame")      // a sample as a shard holds it
	Batch    = component.TypeOf[*data.Batch]("batch")       // values and targets of several samples
)

// What is found out about samples, and decided for them.
var (
	Hashed      = component.TypeOf[*imagehash.Hashed]("hashed")
	Group       = component.TypeOf[*duplicates.Group]("group")
	Leak        = component.TypeOf[duplicates.Image]("leak")
	Assignment  = component.TypeOf[split.Assignment]("assignment")
	Prediction  = component.TypeOf[*data.Prediction]("prediction")
	Calibration = component.TypeOf[*metrics.Calibration]("calibration")
	Claim       = component.TypeOf[challenge.Row]("claim")
	CellClaims  = component.TypeOf[*crops.Field]("cell claims") // of all cells of a field
	Score       = component.TypeOf[*challenge.Score]("score")
	Embedding   = component.TypeOf[*embed.Embedding]("embedding") // of an image, as a network gives it
	Embedded    = component.TypeOf[*embed.Row]("embedded")        // a row of a table of embeddings
	Listed      = component.TypeOf[*hpa.Image]("listed image")    // of the Human Protein Atlas, by its XML
	Neighbours  = component.TypeOf[*embed.Neighbours]("neighbours")
)

// The rest.
var (
	PlannedCells = component.TypeOf[cells.Planned]("planned cells")
	Trial        = component.TypeOf[*search.Trial]("trial")
	Result       = component.TypeOf[search.Result]("result") // of a trial
	DeadLetter   = component.DeadLetters
)

// AllListed is the key by which a source of Listed asks whether a sink has all that
// it lists, and so need not read its XML.
const AllListed = "whole list"
