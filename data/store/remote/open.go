package remote

import (
	"context"
	"errors"
	"io"

	"hpaflow/data/store"
)

// Open reads the first piece at once, and so small objects whole.
func (r *remote) Open(ctx context.Context, key string) (io.ReadCloser, store.Object, error) {
	var first []byte
	var o store.Object
	var stream *stream
	_, err := r.do(ctx, key, r.expected(), func(limited context.Context) error {
		ctx, end := context.WithCancelCause(ctx)
		unlimit := context.AfterFunc(limited, func() { end(context.Cause(limited)) })
		body, err := r.get(ctx, key, "", 0, r.o.Piece)
		if err == nil && body.Object.Size < 0 && !body.ToEnd { // a piece of who knows how much: all of it is asked for
			body.Close()
			body, err = r.get(ctx, key, "", 0, -1)
			body.ToEnd = body.Offset == 0
		}
		if err == nil && body.ToEnd && (body.Object.Size < 0 || body.Object.Size > r.o.Piece) {
			unlimit()
			o, stream = body.Object, newStream(ctx, end, r, key, body)
			return nil
		}
		defer end(nil)
		defer unlimit()
		if errors.Is(err, ErrRange) { // it is empty
			o, _, err = r.service.Head(ctx, key)
			return err
		}
		if err != nil {
			return err
		}
		defer body.Close()
		if err := r.check(key, "", body, 0); err != nil {
			return err
		}
		o = body.Object
		first = make([]byte, min(o.Size, r.o.Piece))
		_, err = r.fill(body, first)
		if err == nil {
			r.usual.Add((int64(len(first)) - r.usual.Load()) / 8)
		}
		return r.broken(key, err)
	})
	switch {
	case err != nil:
		return nil, store.Object{}, err
	case stream != nil:
		return stream, o, nil
	}
	return newPieces(ctx, r, o, first), o, nil
}

// expected is how many bytes an object that is opened is taken to send at once: small
// ones should not wait for each other as large ones do.
func (r *remote) expected() int64 { return min(r.o.Piece, max(2*r.usual.Load(), smallest)) }

// smallest is what a request counts for at least.
const smallest = 256 << 10

// ahead is how many pieces are read before they are asked for.
const ahead = 4

// pieces reads an object piece by piece.
type pieces struct {
	ctx  context.Context
	end  context.CancelCauseFunc
	r    *remote
	o    store.Object
	now  []byte   // what is left of the current piece
	next []*piece // that are under way, in order
	at   int64    // where the next one to be sent for begins
	err  error
}

// piece is one that is under way.
type piece struct {
	body []byte
	held bool // of the bytes that may be read ahead
	err  error
	done chan struct{}
}

func newPieces(ctx context.Context, r *remote, o store.Object, first []byte) *pieces {
	p := &pieces{r: r, o: o, now: first, at: int64(len(first))}
	p.ctx, p.end = context.WithCancelCause(ctx)
	return p
}

func (p *pieces) Read(to []byte) (int, error) {
	for len(p.now) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		if p.ctx.Err() != nil {
			p.err = context.Cause(p.ctx)
			return 0, p.err
		}
		p.send()
		if len(p.next) == 0 {
			p.err = io.EOF
			return 0, p.err
		}
		n := p.next[0]
		<-n.done
		p.next = p.next[1:]
		p.now, p.err = n.body, n.err
		p.free(n)
	}
	p.send()
	n := copy(to, p.now)
	p.now = p.now[n:]
	return n, nil
}

// send asks for pieces: for the next one, and for more as far as there is room.
func (p *pieces) send() {
	for p.at < p.o.Size && len(p.next) < ahead && p.err == nil {
		size := min(p.r.o.Piece, p.o.Size-p.at)
		held := p.r.ahead.TryAcquire(size)
		if !held && (len(p.next) > 0 || len(p.now) > 0) {
			return
		}
		n := &piece{body: make([]byte, size), held: held, done: make(chan struct{})}
		at := p.at
		p.next, p.at = append(p.next, n), p.at+size
		p.r.late.Go(func() {
			defer close(n.done)
			got, err := p.r.fetch(p.ctx, p.o.Key, p.o.Version, n.body, at)
			if err == io.EOF && got == len(n.body) {
				err = nil
			}
			n.err = p.r.broken(p.o.Key, err)
			n.body = n.body[:got]
		})
	}
}

func (p *pieces) free(n *piece) {
	if n.held {
		p.r.ahead.Release(int64(cap(n.body)))
	}
}

// Close ends what is under way.
func (p *pieces) Close() error {
	p.end(errClosed)
	for _, n := range p.next {
		<-n.done
		p.free(n)
	}
	p.next, p.now = nil, nil
	if p.err == nil {
		p.err = errClosed
	}
	return nil
}

var errClosed = errors.New("read after it was closed")
