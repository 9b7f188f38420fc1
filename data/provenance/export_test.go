package provenance

import "time"

// Settle changes how long a file must have been left alone, until restore.
func Settle(d time.Duration) (restore func()) {
	before := settled
	settled = d
	return func() { settled = before }
}
