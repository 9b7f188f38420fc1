// Package trained declares the edge types over package models: what training
// and averaging hand on. Sources have no use for them and may not import it.
package trained

import (
	"hpaflow/flow"
	"hpaflow/models"
)

// What networks and their training yield.
var (
	Progress = flow.TypeOf[*models.Progress]("progress")
	Weights  = flow.TypeOf[*models.Weights]("weights")
)
