package remote

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"
)

// pace knows how long answers take to begin.
type pace struct {
	mu     sync.Mutex
	recent [64]time.Duration
	seen   int
	hedged int
}

func (p *pace) add(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent[p.seen%len(p.recent)] = d
	p.seen++
}

// patience is how long an answer is waited for before it is asked for again: half
// as long again as 19 in 20 take, and at least some time. 0: it is not known yet,
// or too many were asked for twice.
func (p *pace) patience(least time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if least < 0 || p.seen < 16 || p.hedged*20 > p.seen {
		return 0
	}
	known := p.recent
	list := known[:min(p.seen, len(known))]
	slices.Sort(list)
	return max(least, list[len(list)*19/20]*3/2)
}

func (p *pace) hedge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hedged++
}

// answer is that of one of two requests.
type answer struct {
	body Body
	err  error
	of   int
}

// get opens bytes of an object. Where the answer is slow to begin, it is asked for a
// second time, and the first answer is taken.
func (r *remote) get(ctx context.Context, key, version string, offset, length int64) (Body, error) {
	answers := make(chan answer, 2)
	var ends []context.CancelFunc
	ask := func() {
		of := len(ends)
		ctx, end := context.WithCancel(ctx)
		ends = append(ends, end)
		r.late.Go(func() {
			sent := time.Now()
			body, err := r.service.Get(ctx, key, version, offset, length)
			if err == nil {
				r.pace.add(time.Since(sent))
			}
			answers <- answer{body, err, of}
		})
	}
	ask()
	var slow <-chan time.Time
	if d := r.pace.patience(r.o.Hedge); d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		slow = timer.C
	}
	for answered := 0; ; {
		select {
		case <-slow:
			slow = nil
			if r.gate.tryEnter() {
				defer r.gate.leave()
				r.pace.hedge()
				r.hedged.Add(1)
				r.requests.Add(1)
				ask()
			}
		case a := <-answers:
			answered++
			if a.err == nil {
				r.dropOther(answers, ends, a.of, answered)
				a.body.ReadCloser = &endingBody{a.body.ReadCloser, ends[a.of]}
				return a.body, nil
			}
			ends[a.of]()
			if answered == len(ends) {
				return Body{}, a.err
			}
		}
	}
}

// dropOther ends the request that did not answer first.
func (r *remote) dropOther(answers <-chan answer, ends []context.CancelFunc, taken, answered int) {
	for of, end := range ends {
		if of != taken {
			end()
		}
	}
	if answered < len(ends) {
		r.late.Go(func() {
			if other := <-answers; other.err == nil {
				other.body.Close()
			}
		})
	}
}

// endingBody ends the request's context with the body.
type endingBody struct {
	io.ReadCloser
	end context.CancelFunc
}

func (b *endingBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
