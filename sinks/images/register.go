package images

import (
	"io"

	"hpaflow/flow/component"
)

// Register makes the sinks of this room known. Stdout is what "-" writes to.
func Register(r *component.Registry, stdout io.Writer) {
	r.Register(
		filesSpec(stdout),
		tableSpec(),
	)
}
