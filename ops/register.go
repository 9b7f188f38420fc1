package ops

import "hpaflow/flow"

func Register(r *flow.Registry) {}
