//go:build !unix

package feed

import (
	"context"
	"os"
	"time"
)

const pollTime = 50 * time.Millisecond

// await leaves the waiting to the read: there is no poll.
func await(ctx context.Context, _ *os.File, _ time.Duration) (bool, error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return true, nil
}
