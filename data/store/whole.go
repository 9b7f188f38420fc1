package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// ReadAll reads a whole object that is no larger than a limit, before memory is
// spent on it.
func ReadAll(ctx context.Context, s Store, key string, limit int64) ([]byte, Object, error) {
	r, o, err := s.Open(ctx, key)
	if err != nil {
		return nil, o, err
	}
	defer r.Close()
	if o.Size > limit {
		return nil, o, fmt.Errorf("%s has %d bytes, and may have %d", s.URL(key), o.Size, limit)
	}
	var b bytes.Buffer
	b.Grow(int(max(o.Size, 0)) + bytes.MinRead)
	if n, err := b.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, o, err
	} else if n > limit {
		return nil, o, fmt.Errorf("%s has more than the %d bytes it may have", s.URL(key), limit)
	}
	return b.Bytes(), o, nil
}

// Put makes an object of bytes.
func Put(ctx context.Context, s Store, key string, body []byte, o CreateOptions) (Object, error) {
	o.Size = int64(len(body))
	w, err := s.Create(ctx, key, o)
	if err != nil {
		return Object{}, err
	}
	if _, err := w.Write(body); err != nil {
		return Object{}, errors.Join(err, w.Abort())
	}
	return w.Commit()
}

// Publish makes an object of bytes where nothing has the key. One that is there
// with the same bytes is as good, and made says that it was not; one with others is
// an error that is ErrExist.
func Publish(ctx context.Context, s Store, key string, body []byte) (made bool, err error) {
	_, err = Put(ctx, s, key, body, CreateOptions{IfAbsent: true})
	if err == nil || !errors.Is(err, ErrExist) {
		return err == nil, err
	}
	same, other := sameBytes(ctx, s, key, body)
	switch {
	case other != nil:
		return false, other
	case same:
		return false, nil
	}
	return false, &Error{URL: s.URL(key), Kind: ErrExist, Cause: errors.New("with other bytes, and is not replaced")}
}

func sameBytes(ctx context.Context, s Store, key string, body []byte) (bool, error) {
	r, o, err := s.Open(ctx, key)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if o.Size >= 0 && o.Size != int64(len(body)) {
		return false, nil
	}
	there, err := io.ReadAll(io.LimitReader(r, int64(len(body))+1))
	return bytes.Equal(there, body), err
}

// ReaderAt reads one object in pieces, as long as it has the version that it was
// listed with.
type ReaderAt struct {
	ctx context.Context
	s   Store
	o   Object
}

// NewReaderAt makes one for an object of a store, as Stat or List has told of it.
func NewReaderAt(ctx context.Context, s Store, o Object) *ReaderAt { return &ReaderAt{ctx, s, o} }

// ReadAt is that of an io.ReaderAt.
func (r *ReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	return r.s.ReadAt(r.ctx, r.o.Key, r.o.Version, p, offset)
}

// Size is how many bytes the object has.
func (r *ReaderAt) Size() int64 { return r.o.Size }
