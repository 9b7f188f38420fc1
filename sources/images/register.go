package images

import (
	"io"

	"hpaflow/flow/component"
)

// Register makes the sources of this room known. Stdin is what "-" reads.
func Register(r *component.Registry, stdin io.Reader) {
	r.Register(
		channelsSpec(stdin),
		imageSetsSpec(),
		rgbySpec(),
		rowsSpec(),
		samplesSpec(),
	)
}
