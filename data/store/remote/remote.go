package remote

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"hpaflow/data/store"
)

// remote is the store that a service is.
type remote struct {
	service Service
	o       Options
	gate    *gate
	budget  budget
	pace    pace
	bytes   *semaphore.Weighted // under way
	ahead   *semaphore.Weighted // read before they are asked for
	parts   *semaphore.Weighted // written, and not yet sent: not the same, or readers who wait for a writer would keep it from going on
	late    sync.WaitGroup      // requests whose answers nobody waits for

	usual                                                      atomic.Int64 // bytes of the first pieces that were read of late
	answered                                                   atomic.Bool  // the store has once
	requests, retries, hedged, bytesRead, bytesWritten, waited atomic.Int64
}

// New makes a store of a service.
func New(s Service, o Options) (store.Store, error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := &remote{service: s, o: o, gate: newGate(o.Requests), bytes: semaphore.NewWeighted(o.Bytes), ahead: semaphore.NewWeighted(o.Bytes), parts: semaphore.NewWeighted(o.Bytes)}
	r.budget.left.Store(int64(o.Budget))
	r.usual.Store(o.Piece / 2)
	return r, nil
}

func (r *remote) URL(key string) string { return r.service.URL(key) }

// Close ends connections, when the last request has ended.
func (r *remote) Close() error {
	r.late.Wait()
	return r.service.Close()
}

func (r *remote) Traffic() store.Traffic {
	limit, slowed := r.gate.state()
	return store.Traffic{
		URL: r.URL(""), Requests: r.requests.Load(), Retries: r.retries.Load(), Slowed: slowed, Hedged: r.hedged.Load(),
		Read: r.bytesRead.Load(), Written: r.bytesWritten.Load(), Limit: limit, Waited: time.Duration(r.waited.Load()),
	}
}

func (r *remote) Stat(ctx context.Context, key string) (o store.Object, err error) {
	_, err = r.do(ctx, key, 0, func(ctx context.Context) (err error) {
		o, _, err = r.service.Head(ctx, key)
		return err
	})
	return o, err
}

// Delete takes an object that went with a try whose answer was lost for deleted.
func (r *remote) Delete(ctx context.Context, key string) error {
	_, err := r.do(ctx, key, 0, func(ctx context.Context) error { return r.service.Delete(ctx, key) })
	if errors.Is(err, store.ErrNotExist) {
		return nil
	}
	return err
}

// List has one page in memory at a time.
func (r *remote) List(ctx context.Context, o store.ListOptions) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		for token := ""; ; {
			var page Page
			_, err := r.do(ctx, o.Prefix, 0, func(ctx context.Context) (err error) {
				page, err = r.service.ListPage(ctx, o, token)
				return err
			})
			if err != nil {
				yield(store.Object{}, err)
				return
			}
			for _, object := range page.Objects {
				if ctx.Err() != nil {
					yield(store.Object{}, context.Cause(ctx))
					return
				}
				if !yield(object, nil) {
					return
				}
			}
			if token = page.Next; token == "" {
				return
			}
		}
	}
}
