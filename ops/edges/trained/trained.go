// Package trained declares the edge types over package models: what training
// and averaging hand on. Sources have no use for them and may not import it.
package trained

import (
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
)

// What networks and their training yield.
var (
	Progress = component.TypeOf[*checkpoint.Progress]("progress")
	Weights  = component.TypeOf[*checkpoint.Weights]("weights")
)
