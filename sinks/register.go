package sinks

import (
	"io"
	"os"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/duplicates"
	"hpaflow/data/imagehash"
	"hpaflow/data/shard"
	"hpaflow/data/split"
	"hpaflow/data/submission"
	"hpaflow/flow"
	"hpaflow/models/metrics"
)

var (
	sampleType   = flow.TypeOf[*data.Sample]("sample")
	channelsType = flow.TypeOf[*data.Channels]("channels")
	fileType     = flow.TypeOf[data.File]("file")
	frameType    = flow.TypeOf[shard.Frame]("frame")
	letterType   = flow.TypeOf[flow.DeadLetter]("dead letter")
	hashedType   = flow.TypeOf[*imagehash.Hashed]("hashed")

	assignmentType  = flow.TypeOf[split.Assignment]("assignment")
	groupType       = flow.TypeOf[*duplicates.Group]("group")
	leakType        = flow.TypeOf[duplicates.Image]("leak")
	predictionType  = flow.TypeOf[*data.Prediction]("prediction")
	calibrationType = flow.TypeOf[*metrics.Calibration]("calibration")
	claimType       = flow.TypeOf[submission.Row]("claim")
)

// Register makes the sinks known. Stdout is where "-" writes.
func Register(r *flow.Registry, stdout io.Writer) {
	r.Register(
		averageSpec(),
		calibrationSpec(),
		cellsSheetSpec(),
		challengeSpec(),
		channelFilesSpec(),
		checkpointSpec(),
		contactSheetSpec(),
		deadLettersSpec(),
		duplicatesSpec(),
		eventsSpec(),
		filesSpec(stdout),
		hashesSpec(),
		imageTableSpec(),
		leaksSpec(),
		metricsSpec(),
		predictionsSpec(),
		rawImagesSpec(),
		reportSpec(),
		searchSpec(),
		shardsSpec(),
		sharesSpec(),
		splitsSpec(),
		submissionSpec(),
		tableSpec(),
	)
}

// in is the port of a sink.
func in(t flow.Type) []flow.Port { return []flow.Port{{Name: "in", Type: t}} }

// prepare makes the folder that a file is to be written to, and removes what a
// killed run has left of it. A file has one writer at a time.
func prepare(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return atomicfile.SweepFile(atomicfile.OS, file)
}
