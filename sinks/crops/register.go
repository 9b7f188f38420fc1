package crops

import "hpaflow/flow/component"

// Register makes the sinks of this room known.
func Register(r *component.Registry) {
	r.Register(
		cellSubmissionSpec(),
		sampleSheetSpec(),
	)
}
