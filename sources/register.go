package sources

import (
	"io"

	"hpaflow/flow"
)

func Register(r *flow.Registry, stdin io.Reader) {}
