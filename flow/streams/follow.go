package streams

import (
	"time"

	ops "github.com/reugn/go-streams/flow"

	"hpaflow/flow"
)

// Follow samples what a graph has done, every so often, and hands show each
// time the samples of the last while, oldest first: what has changed between
// them is the present pace, which the counts since the start do not tell. Stop
// ends it and returns once show is called no more.
//
// Between the samples and show stands a sliding window of go-streams. It is
// fit for this: a sample more or less is no loss.
func Follow(g *flow.Graph, every, while time.Duration, show func(recent []flow.Stats)) (stop func()) {
	window := ops.NewSlidingWindowWithOpts(while, every, ops.SlidingWindowOpts[flow.Stats]{EmitPartialWindow: true})
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(window.In())
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				window.In() <- g.Stats()
			case <-ended:
				return
			}
		}
	}()
	go func() {
		defer close(done)
		for samples := range window.Out() {
			show(samples.([]flow.Stats))
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}
