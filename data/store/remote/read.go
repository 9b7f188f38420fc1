package remote

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hpaflow/data/store"
)

func (r *remote) ReadAt(ctx context.Context, key, version string, p []byte, offset int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return r.fetch(ctx, key, version, p, offset)
}

// fetch fills p from an offset. What breaks off is read on from there, of the same
// version.
func (r *remote) fetch(ctx context.Context, key, version string, p []byte, offset int64) (n int, err error) {
	ended := false
	_, err = r.do(ctx, key, int64(len(p)), func(ctx context.Context) error {
		at := offset + int64(n)
		body, err := r.get(ctx, key, version, at, int64(len(p)-n))
		if errors.Is(err, ErrRange) {
			ended = true
			return nil
		}
		if err != nil {
			return err
		}
		defer body.Close()
		if err := r.check(key, version, body, at); err != nil {
			return err
		}
		r.answered.Store(true)
		version = body.Object.Version
		want := p[n:]
		if size := body.Object.Size; size >= 0 {
			want = want[:max(0, min(int64(len(want)), size-at))]
			ended = len(want) < len(p)-n
		}
		got, err := r.fill(body, want)
		n += got
		if errors.Is(err, io.EOF) && body.Object.Size < 0 {
			ended = true
			return nil
		}
		return r.broken(key, err)
	})
	if err == nil && ended {
		err = io.EOF
	}
	return n, err
}

// check holds an answer to what was asked for.
func (r *remote) check(key, version string, body Body, offset int64) error {
	if version != "" && body.Object.Version != version {
		return &store.Error{URL: r.URL(key), Kind: store.ErrChanged}
	}
	if body.Offset != offset {
		return &store.Error{
			URL: r.URL(key), Kind: store.ErrUnsupported, Cause: errors.New("the server gives whole files, and no ranges of them"),
			Hint: "download the file first",
		}
	}
	return nil
}

// fill reads until p is full. A body that ends before, and ends well, is io.EOF.
func (r *remote) fill(body io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var got int
		got, err = body.Read(p[n:])
		n += got
	}
	r.bytesRead.Add(int64(n))
	if n == len(p) {
		err = nil
	}
	return n, err
}

// broken is the error of a body that was cut off.
func (r *remote) broken(key string, err error) error {
	var of *store.Error
	switch {
	case err == nil, errors.As(err, &of):
		return err
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return &store.Error{URL: r.URL(key), Cause: fmt.Errorf("the body was cut off: %w", err), Later: true}
}
