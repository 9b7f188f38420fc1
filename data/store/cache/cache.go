package cache

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"hpaflow/data/store"
)

// cached is a store whose objects are kept.
type cached struct {
	store.Store
	c    *Cache
	kept atomic.Int64 // bytes that were there
}

// Wrap makes a store read through the cache.
func (c *Cache) Wrap(s store.Store) store.Store { return &cached{Store: s, c: c} }

func (s *cached) Close() error {
	if c, is := s.Store.(io.Closer); is {
		return c.Close()
	}
	return nil
}

func (s *cached) Traffic() (t store.Traffic) {
	if of, is := s.Store.(interface{ Traffic() store.Traffic }); is {
		t = of.Traffic()
	}
	t.Cached = s.kept.Load()
	return t
}

// keeps says whether objects of a version are kept: weak ones may have other bytes.
func keeps(version string) bool { return version != "" && !strings.HasPrefix(version, "W/") }

func (s *cached) ReadAt(ctx context.Context, key, version string, p []byte, offset int64) (int, error) {
	if version == "" {
		o, err := s.Stat(ctx, key)
		if err != nil {
			return 0, err
		}
		version = o.Version
	}
	if !keeps(version) || offset < 0 {
		return s.Store.ReadAt(ctx, key, version, p, offset)
	}
	n := 0
	for n < len(p) {
		if ctx.Err() != nil {
			return n, context.Cause(ctx)
		}
		at := offset + int64(n)
		block, err := s.block(ctx, key, version, at/blockSize, int64(len(p)-n)+at%blockSize)
		if err != nil {
			return n, err
		}
		begin := at % blockSize
		if begin < int64(len(block)) {
			n += copy(p[n:], block[begin:])
		}
		if len(block)%blockSize != 0 || len(block) == 0 {
			if n < len(p) {
				return n, io.EOF
			}
		}
	}
	return n, nil
}

// block gives a block from the cache, or it and those behind it, as far as they are
// wanted and not there, from the store. It ends within a block where the object does.
func (s *cached) block(ctx context.Context, key, version string, first, want int64) ([]byte, error) {
	url := s.URL(key)
	if body, is := s.c.get(url, version, first); is {
		s.kept.Add(int64(len(body)))
		return body, nil
	}
	count := int64(1)
	for ; count*blockSize < want; count++ {
		if s.c.has(url, version, first+count) {
			break
		}
	}
	body := make([]byte, count*blockSize)
	n, err := s.Store.ReadAt(ctx, key, version, body, first*blockSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	body = body[:n]
	for i := int64(0); i*blockSize < int64(n) || i == 0; i++ {
		s.c.put(url, version, first+i, body[i*blockSize:min((i+1)*blockSize, int64(n))])
	}
	return body, nil
}

// Open reads an object that is there from the cache, and keeps another as it goes.
func (s *cached) Open(ctx context.Context, key string) (io.ReadCloser, store.Object, error) {
	o, err := s.Stat(ctx, key)
	if err != nil {
		return nil, o, err
	}
	if keeps(o.Version) && o.Size >= 0 { // of another the blocks do not tell where it ends
		if body, is := s.c.get(s.URL(key), o.Version, 0); is {
			s.kept.Add(int64(len(body)))
			return &reader{ctx: ctx, s: s, o: o, now: body, at: int64(len(body))}, o, nil
		}
	}
	r, o, err := s.Store.Open(ctx, key)
	if err != nil || !keeps(o.Version) {
		return r, o, err
	}
	return &keeping{ReadCloser: r, c: s.c, url: s.URL(key), o: o}, o, nil
}

// stretch is how much is asked for at once of an object of which a part is there.
const stretch = 8 * blockSize

// reader reads an object of which the beginning is there.
type reader struct {
	ctx context.Context
	s   *cached
	o   store.Object
	now []byte // what is left of the blocks at hand
	at  int64  // where it ends
}

func (r *reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	if len(r.now) == 0 {
		if r.at >= r.o.Size {
			return 0, io.EOF
		}
		body, err := r.s.block(r.ctx, r.o.Key, r.o.Version, r.at/blockSize, min(stretch, r.o.Size-r.at))
		if err != nil {
			return 0, err
		}
		if len(body) == 0 {
			return 0, io.ErrUnexpectedEOF
		}
		r.now, r.at = body, r.at+int64(len(body))
	}
	n := copy(p, r.now)
	r.now = r.now[n:]
	return n, nil
}

func (r *reader) Close() error { return nil }

// keeping keeps what is read from the beginning on.
type keeping struct {
	io.ReadCloser
	c     *Cache
	url   string
	o     store.Object
	block []byte
	next  int64
}

func (k *keeping) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		take := min(len(rest), blockSize-len(k.block))
		k.block = append(k.block, rest[:take]...)
		rest = rest[take:]
		if len(k.block) == blockSize {
			k.keep()
		}
	}
	if errors.Is(err, io.EOF) && k.next >= 0 {
		if len(k.block) > 0 || k.next == 0 {
			k.keep()
		}
		k.next = -1
	}
	return n, err
}

func (k *keeping) keep() {
	k.c.put(k.url, k.o.Version, k.next, k.block)
	k.block, k.next = k.block[:0], k.next+1
}
