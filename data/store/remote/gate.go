package remote

import (
	"context"
	"slices"
	"sync"
	"time"
)

// gate lets so many requests through at once as the server bears: one more for
// every limit of them that succeed, half as many when it says that it is too much.
type gate struct {
	most int

	mu     sync.Mutex
	limit  float64
	busy   int
	queue  []chan struct{} // who waits, in order; closed when it is their turn
	cut    time.Time       // when limit was last lowered
	until  time.Time       // the server wants to be left alone until then
	slowed int64
}

func newGate(most int) *gate { return &gate{most: most, limit: float64(most)} }

// enter returns when a request may be sent. Each is followed by leave.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.busy < int(g.limit) && len(g.queue) == 0 {
		g.busy++
		g.mu.Unlock()
		return g.rest(ctx)
	}
	turn := make(chan struct{})
	g.queue = append(g.queue, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return g.rest(ctx)
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.queue, turn); at >= 0 {
		g.queue = slices.Delete(g.queue, at, at+1)
	} else {
		g.busy--
		g.admit()
	}
	return context.Cause(ctx)
}

// tryEnter is enter where nobody has to wait.
func (g *gate) tryEnter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy >= int(g.limit) || len(g.queue) > 0 || time.Now().Before(g.until) {
		return false
	}
	g.busy++
	return true
}

// rest waits as long as the server wants to be left alone; who gives up leaves.
func (g *gate) rest(ctx context.Context) error {
	for {
		g.mu.Lock()
		left := time.Until(g.until)
		g.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if err := sleep(ctx, left); err != nil {
			g.leave()
			return err
		}
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy--
	g.admit()
}

// admit lets those in who may come. The caller holds the lock.
func (g *gate) admit() {
	for len(g.queue) > 0 && g.busy < int(g.limit) {
		close(g.queue[0])
		g.queue = g.queue[1:]
		g.busy++
	}
}

// good lets the limit grow after a success.
func (g *gate) good() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = min(g.limit+1/g.limit, float64(g.most))
	g.admit()
}

// slow lowers the limit for a request that was sent at a time, unless it has been
// lowered since: what was under way together is one sign, not many.
func (g *gate) slow(sent time.Time, after time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.slowed++
	if until := time.Now().Add(after); after > 0 && until.After(g.until) {
		g.until = until
	}
	if sent.Before(g.cut) {
		return
	}
	g.limit = max(1, g.limit/2)
	g.cut = time.Now()
}

// state is the limit, and how often the server has asked for fewer.
func (g *gate) state() (limit int, slowed int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(g.limit), g.slowed
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
