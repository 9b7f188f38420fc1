// Package placetest has object stores for tests: what s3:// URLs name is in folders
// of this machine, one a bucket, and answers as late, as rarely and as wrongly as a
// test wants. That real stores do what the interface says is tried in data/store.
package placetest

import (
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"hpaflow/data/store"
)

// Buckets are the stores of a test. They are set before any is used.
type Buckets struct {
	Dir   string        // a folder for each bucket is in it
	Delay time.Duration // before each answer
	Busy  float64       // the share of requests that are answered by "slow down"
	Cut   float64       // the share of bodies that are cut off
	Late  time.Duration // what is as young is not listed

	Replaces bool // what is to be made only where nothing is replaces what is there

	Requests, Puts, Lists atomic.Int64

	mu   sync.Mutex
	rand *rand.Rand
}

// FromEnvironment are the buckets in a folder, with the settings of a process's
// environment: TEST_BUCKETS_DELAY and _LATE are durations, _BUSY and _CUT shares, and
// _REPLACES is set or not.
func FromEnvironment(dir string, get func(string) string) (*Buckets, error) {
	b := &Buckets{Dir: dir, Replaces: get("TEST_BUCKETS_REPLACES") != ""}
	var faults []error
	for name, d := range map[string]*time.Duration{"DELAY": &b.Delay, "LATE": &b.Late} {
		if text := get("TEST_BUCKETS_" + name); text != "" {
			var err error
			*d, err = time.ParseDuration(text)
			faults = append(faults, err)
		}
	}
	for name, share := range map[string]*float64{"BUSY": &b.Busy, "CUT": &b.Cut} {
		if text := get("TEST_BUCKETS_" + name); text != "" {
			var err error
			*share, err = strconv.ParseFloat(text, 64)
			faults = append(faults, err)
		}
	}
	return b, errors.Join(faults...)
}

// Register makes the buckets known as those of s3://.
func (b *Buckets) Register() {
	b.rand = rand.New(rand.NewPCG(1, 2))
	store.Register("s3", func(_ context.Context, u store.URL) (store.Store, error) {
		dir := filepath.Join(b.Dir, u.Bucket)
		if _, err := os.Stat(dir); err != nil {
			return nil, &store.Error{URL: u.Public(), Kind: store.ErrNoBucket}
		}
		return &bucket{b, store.Folder(dir), "s3://" + u.Bucket + "/"}, nil
	})
}

// falls says whether something of a share is to happen.
func (b *Buckets) falls(share float64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return share > 0 && b.rand.Float64() < share
}

// bucket is one of them.
type bucket struct {
	*Buckets
	in   store.Store
	base string
}

func (b *bucket) URL(key string) string { return b.base + key }

// answer waits, and says why nothing comes of a request.
func (b *bucket) answer(ctx context.Context, key string) error {
	b.Requests.Add(1)
	if b.Delay > 0 {
		select {
		case <-time.After(b.Delay):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if b.falls(b.Busy) {
		return &store.Error{URL: b.URL(key), Cause: errors.New("SlowDown"), Later: true, Slow: true}
	}
	return nil
}

// about is an error as one of the bucket: the folder's names its path.
func (b *bucket) about(key string, err error) error {
	if e, is := errors.AsType[*store.Error](err); is {
		also := *e
		also.URL = b.URL(key)
		return &also
	}
	return err
}

func (b *bucket) Stat(ctx context.Context, key string) (store.Object, error) {
	if err := b.answer(ctx, key); err != nil {
		return store.Object{}, err
	}
	o, err := b.in.Stat(ctx, key)
	return o, b.about(key, err)
}

func (b *bucket) Open(ctx context.Context, key string) (io.ReadCloser, store.Object, error) {
	if err := b.answer(ctx, key); err != nil {
		return nil, store.Object{}, err
	}
	r, o, err := b.in.Open(ctx, key)
	if err == nil && b.falls(b.Cut) {
		r = &cut{r, b.URL(key), o.Size / 2}
	}
	return r, o, b.about(key, err)
}

// cut is a body that ends too early.
type cut struct {
	io.ReadCloser
	url  string
	left int64
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, &store.Error{URL: c.url, Cause: io.ErrUnexpectedEOF, Later: true}
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func (b *bucket) ReadAt(ctx context.Context, key, version string, p []byte, offset int64) (int, error) {
	if err := b.answer(ctx, key); err != nil {
		return 0, err
	}
	n, err := b.in.ReadAt(ctx, key, version, p, offset)
	return n, b.about(key, err)
}

func (b *bucket) Create(ctx context.Context, key string, o store.CreateOptions) (store.Writer, error) {
	if err := b.answer(ctx, key); err != nil {
		return nil, err
	}
	b.Puts.Add(1)
	o.IfAbsent = o.IfAbsent && !b.Replaces
	w, err := b.in.Create(ctx, key, o)
	if err != nil {
		return nil, b.about(key, err)
	}
	return &writer{w, b, key}, nil
}

type writer struct {
	store.Writer
	b   *bucket
	key string
}

func (w *writer) Commit() (store.Object, error) {
	o, err := w.Writer.Commit()
	return o, w.b.about(w.key, err)
}

func (b *bucket) Delete(ctx context.Context, key string) error {
	if err := b.answer(ctx, key); err != nil {
		return err
	}
	return b.about(key, b.in.Delete(ctx, key))
}

func (b *bucket) List(ctx context.Context, o store.ListOptions) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		b.Lists.Add(1)
		if err := b.answer(ctx, o.Prefix); err != nil {
			yield(store.Object{}, err)
			return
		}
		for object, err := range b.in.List(ctx, o) {
			if b.Late > 0 && !object.Folder && time.Since(object.Modified) < b.Late {
				continue
			}
			if !yield(object, b.about(o.Prefix, err)) {
				return
			}
		}
	}
}
