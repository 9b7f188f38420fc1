package embed

import "hpaflow/flow/component"

// Register makes the sources of this room known. The registry has the sources
// that images are read by already.
func Register(r *component.Registry) {
	r.Register(
		embeddingsSpec(),
		picturesSpec(r),
	)
}
