package streams

import (
	"time"

	ops "github.com/reugn/go-streams/flow"
)

// moment is what was read at a time.
type moment[T any] struct {
	at    time.Time
	value T
}

// Follow reads something that changes, such as what a graph has done, every so
// often, and hands show each time what was read in the last while, oldest first:
// what has changed in between is the present pace, which counts since the start do
// not tell. Stop ends it and returns once show is called no more.
//
// Between the two stands a sliding window of go-streams. It is fit for this: a
// sample more or less is no loss.
func Follow[T any](read func() T, every, while time.Duration, show func(recent []T)) (stop func()) {
	window := ops.NewSlidingWindowWithOpts(while, every, ops.SlidingWindowOpts[moment[T]]{
		EventTimeExtractor: func(m moment[T]) time.Time { return m.at },
		EmitPartialWindow:  true,
	})
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(window.In())
		start := moment[T]{time.Now(), read()}
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for first := true; ; first = false {
			select {
			case at := <-ticker.C:
				if first {
					// A window that is shown before it is full begins at its first
					// value and reaches ahead. That value is therefore of the past;
					// what there was then is what there is at the start.
					window.In() <- moment[T]{at.Add(every - while), start.value}
					window.In() <- start
				}
				window.In() <- moment[T]{at, read()}
			case <-ended:
				return
			}
		}
	}()
	go func() {
		defer close(done)
		for moments := range window.Out() {
			var recent []T
			for _, m := range moments.([]moment[T]) {
				recent = append(recent, m.value)
			}
			show(recent)
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}
