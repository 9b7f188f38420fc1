package remote

import (
	"errors"
	"fmt"
	"time"
)

// Options are the limits of what goes between a process and one store. The zero
// value of a field means its default; EnsureDefaults fills them in.
type Options struct {
	Requests int           // under way at once, at most; default 64
	Bytes    int64         // under way at once, and as many that are read ahead; default 128 MiB
	Tries    int           // of one request, at most; default 10
	First    int           // the same as long as the store has never answered; default 4
	Budget   int           // retries that requests which did not succeed may have, all together; default 1000
	Wait     time.Duration // before the second try; doubles with each, and is then drawn at random; default 200ms
	MaxWait  time.Duration // cap on that, and on a server's wish; default 20s
	Idle     time.Duration // without a byte, after which a request has failed; default 30s
	Piece    int64         // bytes of one request of a large object that is read whole; default 8 MiB
	Hedge    time.Duration // the shortest wait before a read is sent a second time; below zero: never; default 50ms
}

// EnsureDefaults fills in what was left zero.
func (o *Options) EnsureDefaults() {
	for _, f := range []struct {
		field *int
		value int
	}{{&o.Requests, 64}, {&o.Tries, 10}, {&o.First, 4}, {&o.Budget, 1000}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	for _, f := range []struct {
		field *int64
		value int64
	}{{&o.Bytes, 128 << 20}, {&o.Piece, 8 << 20}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{{&o.Wait, 200 * time.Millisecond}, {&o.MaxWait, 20 * time.Second}, {&o.Idle, 30 * time.Second}, {&o.Hedge, 50 * time.Millisecond}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
}

// Validate says everything that is wrong.
func (o *Options) Validate() error {
	var all []error
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"requests", int64(o.Requests)}, {"bytes", o.Bytes}, {"tries", int64(o.Tries)}, {"first", int64(o.First)}, {"budget", int64(o.Budget)},
		{"wait", int64(o.Wait)}, {"max wait", int64(o.MaxWait)}, {"idle", int64(o.Idle)}, {"piece", o.Piece},
	} {
		if f.value <= 0 {
			all = append(all, fmt.Errorf("%s must be more than nothing", f.name))
		}
	}
	return errors.Join(all...)
}
