package fetch

import (
	"context"
	"sync"
	"time"
)

// hosts remembers which hosts have asked to be left alone, and until when.
type hosts struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// rest leaves a host alone for a while.
func (h *hosts) rest(host string, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[string]time.Time{}
	}
	if until := time.Now().Add(d); until.After(h.until[host]) {
		h.until[host] = until
	}
}

// wait returns when a host may be asked again.
func (h *hosts) wait(ctx context.Context, host string) error {
	for {
		h.mu.Lock()
		left := time.Until(h.until[host])
		h.mu.Unlock()
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}
