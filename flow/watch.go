package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrStalled is the cause of a run in which every worker waits for another.
// It takes a graph whose stages read their inputs in an order that a bounded
// queue cannot follow, such as one that reads all of one branch of a fork
// before the other.
var ErrStalled = errors.New("the flow has stalled")

const (
	watchEvery    = 250 * time.Millisecond
	stallPatience = 8 // periods without a busy worker and without progress
)

// watch ends a run that cannot move any more.
func (g *Graph) watch(ctx context.Context, stop <-chan struct{}) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	still, before := 0, int64(-1)
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		busy, moved := g.activity()
		if busy || moved != before {
			still, before = 0, moved
			continue
		}
		if still++; still == stallPatience {
			g.fail(fmt.Errorf("%w: %s", ErrStalled, g.describeWaits()))
			return
		}
	}
}

// activity says whether any worker is at work, or waits for what no stage of
// the flow can give, and a number that changes with every record that moves.
func (g *Graph) activity() (busy bool, moved int64) {
	for _, st := range g.stages {
		if st.onLetters {
			continue // they wait for dead letters as long as the others run
		}
		st.mu.Lock()
		for _, w := range st.workers {
			now := state(w.clock.now.Load())
			busy = busy || w.running && (now == stateBusy || now == stateOutside)
			moved += w.clock.spent[stateBusy].Load()
		}
		st.mu.Unlock()
	}
	return busy, moved
}

// describeWaits says what each stage that still runs is waiting for.
func (g *Graph) describeWaits() string {
	var waits []string
	for _, st := range g.stages {
		if st.onLetters || st.over() {
			continue
		}
		what := "waits for records"
		st.mu.Lock()
		for _, w := range st.workers {
			if state(w.clock.now.Load()) == stateBlocked {
				what = "waits for room in its output"
			}
		}
		st.mu.Unlock()
		waits = append(waits, fmt.Sprintf("%s %s", st.name, what))
	}
	return strings.Join(waits, ", ")
}
