package sources

import (
	"io"

	"hpaflow/data"
	"hpaflow/flow"
)

var (
	sampleType   = flow.TypeOf[*data.Sample]("sample")
	channelsType = flow.TypeOf[*data.Channels]("channels")
)

// Register makes the sources known. Stdin is what "-" reads.
func Register(r *flow.Registry, stdin io.Reader) {
	r.Register(
		cellsSpec(),
		channelsSpec(stdin),
		httpSpec(),
		imageSetsSpec(),
		predictionsSpec(),
		rgbySpec(),
		rowsSpec(),
		samplesSpec(),
		shardsSpec(),
		trialsSpec(),
	)
}
