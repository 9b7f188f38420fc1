//go:build !unix

package machine

import "time"

// ProcessTime is not known here: verdicts then cannot tell a busy machine.
func ProcessTime() time.Duration { return 0 }
