package remote

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"hpaflow/data/store"
)

// budget is how many retries there may be of requests that have not succeeded.
type budget struct{ left atomic.Int64 }

func (b *budget) take() bool {
	if b.left.Add(-1) >= 0 {
		return true
	}
	b.left.Add(1)
	return false
}

// do sends a request until it succeeds or there is no hope, and says how often it
// was sent. Weight is how many bytes go with it.
func (r *remote) do(ctx context.Context, key string, weight int64, try func(context.Context) error) (tries int, err error) {
	asked := time.Now()
	defer func() { r.waited.Add(int64(time.Since(asked))) }()
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier, waits.RandomizationFactor, waits.MaxInterval = r.o.Wait/2, 2, 1, r.o.MaxWait/2
	waits.Reset()
	for {
		tries++
		err := r.once(ctx, key, weight, try)
		switch {
		case err == nil:
			r.budget.left.Add(int64(tries - 1))
			return tries, nil
		case ctx.Err() != nil:
			return tries, context.Cause(ctx)
		case !store.Temporary(err):
			return tries, err
		case tries >= r.o.Tries, tries >= r.o.First && !r.answered.Load():
			return tries, tried(err, tries)
		case !r.budget.take():
			return tries, tried(fmt.Errorf("%w; so many requests to this store have failed that they are not sent again", err), tries)
		}
		r.retries.Add(1)
		wait := waits.NextBackOff()
		var e *store.Error
		if errors.As(err, &e) && e.After > wait {
			wait = min(e.After, r.o.MaxWait)
		}
		if err := sleep(ctx, wait); err != nil {
			return tries, err
		}
	}
}

func tried(err error, tries int) error {
	if tries == 1 {
		return err
	}
	return fmt.Errorf("%w (%d tries)", err, tries)
}

// once sends a request once it may be sent.
func (r *remote) once(ctx context.Context, key string, weight int64, try func(context.Context) error) error {
	weight = min(weight, r.o.Bytes)
	if err := r.bytes.Acquire(ctx, weight); err != nil {
		return context.Cause(ctx)
	}
	defer r.bytes.Release(weight)
	if err := r.gate.enter(ctx); err != nil {
		return err
	}
	defer r.gate.leave()
	limited, cancel := context.WithTimeoutCause(ctx, r.o.Idle+time.Duration(weight)*time.Second/slowest, errSilent)
	defer cancel()
	sent := time.Now()
	err := try(limited)
	r.requests.Add(1)
	var e *store.Error
	switch {
	case err == nil:
		r.answered.Store(true)
		r.gate.good()
	case ctx.Err() == nil && limited.Err() != nil:
		return &store.Error{URL: r.service.URL(key), Cause: context.Cause(limited), Later: true}
	case errors.As(err, &e):
		if e.Kind != nil && !e.Later {
			r.answered.Store(true)
		}
		if e.Slow {
			r.gate.slow(sent, min(e.After, r.o.MaxWait))
		}
	}
	return err
}

// slowest is how many bytes a second a transfer has to make.
const slowest = 64 << 10

var errSilent = errors.New("the server took too long")
