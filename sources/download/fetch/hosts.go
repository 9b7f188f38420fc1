package fetch

import (
	"context"
	"sync"
	"time"
)

// hosts remembers which hosts have asked to be left alone, and until when, and
// hands out the right to ask one.
type hosts struct {
	perHost int // that ask one at once

	mu    sync.Mutex
	until map[string]time.Time
	turns map[string]chan struct{}
}

// turn returns when a host may be asked, which is when fewer than perHost do
// and it does not want to be left alone. The time until then is nobody's
// silence. Done ends the turn.
func (h *hosts) turn(ctx context.Context, host string) (done func(), err error) {
	h.mu.Lock()
	if h.turns == nil {
		h.turns = map[string]chan struct{}{}
	}
	if h.turns[host] == nil {
		h.turns[host] = make(chan struct{}, h.perHost)
	}
	turns := h.turns[host]
	h.mu.Unlock()
	select {
	case turns <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := h.wait(ctx, host); err != nil {
		<-turns
		return nil, err
	}
	return func() { <-turns }, nil
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
