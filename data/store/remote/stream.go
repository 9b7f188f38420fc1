package remote

import (
	"context"
	"errors"
	"io"
	"time"

	"hpaflow/data/store"
)

// stream reads an object from one answer, of a server that knows no ranges or not
// how long the object is. Where it breaks off it is asked for again, and what was
// read is passed over.
type stream struct {
	ctx     context.Context
	end     context.CancelCauseFunc
	r       *remote
	key     string
	body    Body
	watch   *time.Timer // ends a body that is silent
	read    int64
	breaks  int
	version string
	err     error
}

func newStream(ctx context.Context, end context.CancelCauseFunc, r *remote, key string, body Body) *stream {
	s := &stream{ctx: ctx, end: end, r: r, key: key, body: body, version: body.Object.Version}
	s.watch = time.AfterFunc(r.o.Idle, func() { end(errSilent) })
	s.watch.Stop()
	return s
}

func (s *stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	for {
		n, err := s.readBody(p)
		s.read += int64(n)
		if size := s.body.Object.Size; errors.Is(err, io.EOF) && size >= 0 && s.read < size {
			err = io.ErrUnexpectedEOF
		}
		switch {
		case n > 0:
			return n, nil // an error comes again, or is mended, with the next call
		case err == nil:
			continue
		case err == io.EOF:
			s.err = err
		case s.ctx.Err() != nil:
			s.err = context.Cause(s.ctx)
		default:
			if s.err = s.reopen(err); s.err == nil {
				continue
			}
		}
		return 0, s.err
	}
}

func (s *stream) readBody(p []byte) (int, error) {
	s.watch.Reset(s.r.o.Idle)
	n, err := s.body.Read(p)
	s.watch.Stop()
	s.r.bytesRead.Add(int64(n))
	return n, err
}

// reopen asks for the object again, after an error.
func (s *stream) reopen(cause error) error {
	s.body.Close()
	s.breaks++
	if s.breaks >= s.r.o.Tries || s.version == "" {
		return s.r.broken(s.key, cause)
	}
	_, err := s.r.do(s.ctx, s.key, 0, func(limited context.Context) error {
		ctx, end := context.WithCancelCause(s.ctx)
		unlimit := context.AfterFunc(limited, func() { end(context.Cause(limited)) })
		defer unlimit()
		body, err := s.r.get(ctx, s.key, s.version, s.read, -1)
		if err != nil {
			end(nil)
			return err
		}
		if body.Object.Version != s.version {
			body.Close()
			end(nil)
			return &store.Error{URL: s.r.URL(s.key), Kind: store.ErrChanged}
		}
		s.body = body
		if skip := s.read - body.Offset; skip > 0 {
			if _, err := io.CopyN(io.Discard, body, skip); err != nil {
				body.Close()
				end(nil)
				return s.r.broken(s.key, err)
			}
		}
		return nil
	})
	return err
}

func (s *stream) Close() error {
	s.watch.Stop()
	s.end(errClosed)
	if s.err == nil {
		s.err = errClosed
	}
	return s.body.Close()
}
