package remote

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"hpaflow/data/store"
)

// Create begins an object. A small one is a single request; a large one goes in
// parts, several at once.
func (r *remote) Create(ctx context.Context, key string, o store.CreateOptions) (store.Writer, error) {
	if err := store.CheckKey(key); err != nil {
		return nil, &store.Error{URL: r.URL(""), Cause: err}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	parts := r.service.Parts()
	if parts.Size == 0 {
		return nil, &store.Error{URL: r.URL(key), Kind: store.ErrUnsupported, Cause: errors.New("this store can only be read"), Hint: "write to a folder, or to s3://, gs:// or az://"}
	}
	size := max(parts.Size, (o.Size+int64(parts.Most)-1)/int64(parts.Most))
	if size > parts.Largest {
		return nil, &store.Error{URL: r.URL(key), Cause: fmt.Errorf("%d bytes are more than this store takes in one object", o.Size)}
	}
	var id [12]byte
	rand.Read(id[:])
	w := &writer{ctx: ctx, r: r, key: key, m: Making{o.IfAbsent, hex.EncodeToString(id[:])}, parts: parts, size: size}
	w.sending, w.stop = context.WithCancelCause(ctx)
	return w, nil
}

// writer collects a part, and sends it when it is full.
type writer struct {
	ctx     context.Context
	sending context.Context // ends with the first part that fails
	stop    context.CancelCauseFunc
	r       *remote
	key     string
	m       Making
	parts   Parts
	size    int64 // of a part

	buffer []byte
	upload Upload // nil: there was no full part yet
	number int
	offset int64
	busy   sync.WaitGroup
	ended  bool
}

// Write never keeps more than one part that is not yet under way.
func (w *writer) Write(p []byte) (int, error) {
	if w.ended {
		return 0, errEnded
	}
	n := 0
	for n < len(p) {
		if int64(len(w.buffer)) == w.size {
			if err := w.flush(); err != nil {
				return n, err
			}
		}
		if w.buffer == nil {
			w.buffer = make([]byte, 0, min(w.size, max(int64(len(p)), 64<<10)))
		}
		take := min(len(p)-n, int(w.size)-len(w.buffer))
		w.buffer = append(w.buffer, p[n:n+take]...)
		n += take
	}
	if w.sending.Err() != nil {
		return n, context.Cause(w.sending)
	}
	return n, nil
}

// flush sends the part that is full.
func (w *writer) flush() error {
	if w.upload == nil {
		_, err := w.r.do(w.sending, w.key, 0, func(ctx context.Context) (err error) {
			w.upload, err = w.r.service.Begin(ctx, w.key, w.m)
			return err
		})
		if err != nil {
			w.stop(err)
			return err
		}
	}
	if w.number == w.parts.Most {
		err := &store.Error{URL: w.r.URL(w.key), Cause: fmt.Errorf("the object has more than %d parts of %d bytes", w.parts.Most, w.size), Hint: "say before how large it will be"}
		w.stop(err)
		return err
	}
	body, number, offset := w.buffer, w.number, w.offset
	w.buffer, w.number, w.offset = nil, w.number+1, w.offset+int64(len(body))
	if w.parts.InOrder {
		w.busy.Wait() // so that the one before has been sent
	}
	weight := min(int64(len(body)), w.r.o.Bytes)
	if w.r.parts.Acquire(w.sending, weight) != nil {
		return context.Cause(w.sending)
	}
	w.busy.Go(func() {
		defer w.r.parts.Release(weight)
		_, err := w.r.do(w.sending, w.key, int64(len(body)), func(ctx context.Context) error {
			return w.upload.Part(ctx, number, offset, body)
		})
		if err != nil {
			w.stop(err)
			return
		}
		w.r.bytesWritten.Add(int64(len(body)))
	})
	return nil
}

// Commit sends what is left, and makes the object appear.
func (w *writer) Commit() (store.Object, error) {
	if w.ended {
		return store.Object{}, errEnded
	}
	o, err := w.commit()
	if err != nil {
		return store.Object{}, errors.Join(err, w.Abort())
	}
	w.ended = true
	w.stop(errEnded)
	o.Key = w.key
	return o, nil
}

func (w *writer) commit() (o store.Object, err error) {
	if w.upload == nil {
		o, err = w.settle(int64(len(w.buffer)), func(ctx context.Context) (store.Object, error) {
			return w.r.service.Put(ctx, w.key, w.buffer, w.m)
		})
		if err == nil {
			w.r.bytesWritten.Add(int64(len(w.buffer)))
		}
		return o, err
	}
	if !w.parts.InOrder && len(w.buffer) > 0 {
		if err := w.flush(); err != nil {
			return o, err
		}
	}
	w.busy.Wait()
	if w.sending.Err() != nil {
		return o, context.Cause(w.sending)
	}
	return w.settle(int64(len(w.buffer)), func(ctx context.Context) (store.Object, error) {
		return w.upload.Complete(ctx, w.offset, w.buffer)
	})
}

// settle sends the request with which the object appears. Where an answer was lost
// and the next try fails, the store is asked who has written what is there.
func (w *writer) settle(weight int64, send func(context.Context) (store.Object, error)) (o store.Object, err error) {
	tries, err := w.r.do(w.sending, w.key, weight, func(ctx context.Context) (err error) {
		o, err = send(ctx)
		return err
	})
	if err == nil || tries == 1 && !store.Temporary(err) || w.sending.Err() != nil {
		return o, err
	}
	there, writer, lost := w.head()
	switch {
	case lost == nil && writer == w.m.Writer:
		return there, nil
	case lost == nil && w.m.IfAbsent && !errors.Is(err, store.ErrExist) && !store.Temporary(err):
		return o, &store.Error{URL: w.r.URL(w.key), Kind: store.ErrExist}
	case !w.m.IfAbsent && errors.Is(err, ErrUploadGone): // done, and replaced or deleted since
		return store.Object{Size: w.offset + weight}, nil
	}
	return o, err
}

func (w *writer) head() (o store.Object, writer string, err error) {
	_, err = w.r.do(w.sending, w.key, 0, func(ctx context.Context) (err error) {
		o, writer, err = w.r.service.Head(ctx, w.key)
		return err
	})
	return o, writer, err
}

// patience is how long the end of an upload is waited for after its context ended.
const patience = 20 * time.Second

// Abort takes back what was sent.
func (w *writer) Abort() error {
	if w.ended {
		return nil
	}
	w.ended = true
	w.stop(errEnded)
	w.busy.Wait()
	w.buffer = nil
	if w.upload == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), patience)
	defer cancel()
	_, err := w.r.do(ctx, w.key, 0, w.upload.Abort)
	if errors.Is(err, store.ErrNotExist) {
		return nil
	}
	return err
}

var errEnded = errors.New("store: committed or aborted before")
