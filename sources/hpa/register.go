package hpa

import "hpaflow/flow/component"

// Register makes the sources of this room known.
func Register(r *component.Registry) {
	r.Register(
		imagesSpec(),
		listSpec(),
	)
}
