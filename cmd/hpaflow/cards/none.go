//go:build !gpu || !linux

package cards

import (
	"context"
	"io"

	"hpaflow/models/devices"
)

// List is devices.ErrNotBuilt.
func List(io.Writer, bool) error { return devices.ErrNotBuilt }

// Check is devices.ErrNotBuilt.
func Check(context.Context, io.Writer, bool, bool) error { return devices.ErrNotBuilt }
