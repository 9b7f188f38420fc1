package crops

import "hpaflow/flow/component"

// Register makes the ops of this room known.
func Register(r *component.Registry) {
	r.Register(
		cellClaimsSpec(),
		cellRowsSpec(),
		cropSpec(),
	)
}
