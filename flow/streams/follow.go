package streams

import (
	"time"

	ops "github.com/reugn/go-streams/flow"

	"hpaflow/flow"
)

// moment is what a graph had done by a time.
type moment struct {
	at    time.Time
	stats flow.Stats
}

// Follow samples what a graph has done, every so often, and hands show each
// time the samples of the last while, oldest first: what has changed between
// them is the present pace, which the counts since the start do not tell. Stop
// ends it and returns once show is called no more.
//
// Between the samples and show stands a sliding window of go-streams. It is
// fit for this: a sample more or less is no loss.
func Follow(g *flow.Graph, every, while time.Duration, show func(recent []flow.Stats)) (stop func()) {
	window := ops.NewSlidingWindowWithOpts(while, every, ops.SlidingWindowOpts[moment]{
		EventTimeExtractor: func(m moment) time.Time { return m.at },
		EmitPartialWindow:  true,
	})
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(window.In())
		start := moment{time.Now(), g.Stats()}
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for first := true; ; first = false {
			select {
			case at := <-ticker.C:
				if first {
					// A window that is shown before it is full begins at its first
					// value and reaches ahead. That value is therefore of the past;
					// what there was then is what there is at the start.
					window.In() <- moment{at.Add(every - while), start.stats}
					window.In() <- start
				}
				window.In() <- moment{at, g.Stats()}
			case <-ended:
				return
			}
		}
	}()
	go func() {
		defer close(done)
		for moments := range window.Out() {
			var recent []flow.Stats
			for _, m := range moments.([]moment) {
				recent = append(recent, m.stats)
			}
			show(recent)
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}
