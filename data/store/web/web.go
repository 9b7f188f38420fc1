package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// service is a server.
type service struct {
	u         store.URL
	client    *http.Client
	transport *http.Transport
}

// Connect gives the connector of https:// and http://, with limits for each server.
func Connect(o remote.Options) store.Connect {
	return func(_ context.Context, u store.URL) (store.Store, error) {
		t := remote.Transport(o)
		return remote.New(&service{u, &http.Client{Transport: t}, t}, o)
	}
}

func (s *service) URL(key string) string { return s.u.Join(key).Public() }

func (s *service) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// Parts: none can be written.
func (s *service) Parts() remote.Parts { return remote.Parts{} }

// ask sends a request for a file. A span is the value of Range, or empty.
func (s *service) ask(ctx context.Context, method, key, version, span string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.u.Join(key).String(), nil)
	if err != nil {
		return nil, &store.Error{URL: s.URL(key), Cause: unwrapped(err)}
	}
	r.Header.Set("Accept-Encoding", "identity")
	if span != "" {
		r.Header.Set("Range", span)
		if condition := strings.TrimPrefix(version, modified); version != "" && !strings.HasPrefix(version, "W/") {
			r.Header.Set("If-Range", condition)
		}
	}
	answer, err := s.client.Do(r)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, remote.NetworkError(s.URL(key), err)
	}
	return answer, nil
}

// unwrapped is an error without the URL, which may hold secrets.
func unwrapped(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// modified begins a version that is a time.
const modified = "modified "

func object(key string, answer *http.Response) store.Object {
	o := store.Object{Key: key, Size: answer.ContentLength, Version: answer.Header.Get("Etag")}
	if at, err := http.ParseTime(answer.Header.Get("Last-Modified")); err == nil {
		o.Modified = at
		if o.Version == "" {
			o.Version = modified + at.UTC().Format(time.RFC1123[:len(time.RFC1123)-3]+"GMT")
		}
	}
	return o
}

func (s *service) Get(ctx context.Context, key, version string, offset, length int64) (body remote.Body, err error) {
	answer, err := s.ask(ctx, http.MethodGet, key, version, remote.Span(offset, length))
	if err != nil {
		return body, err
	}
	body = remote.Body{ReadCloser: answer.Body, Object: object(key, answer)}
	switch answer.StatusCode {
	case http.StatusOK:
		body.ToEnd = true
		return body, nil
	case http.StatusPartialContent:
		if body.Offset, body.Object.Size, err = contentRange(answer.Header.Get("Content-Range")); err == nil {
			return body, nil
		}
		answer.Body.Close()
		return body, &store.Error{URL: s.URL(key), Cause: err}
	case http.StatusRequestedRangeNotSatisfiable:
		answer.Body.Close()
		return body, remote.ErrRange
	}
	answer.Body.Close()
	return body, remote.StatusError(s.URL(key), answer.StatusCode, answer.Header, nil)
}

// contentRange reads where a range begins, and how large the whole is; -1: it is not
// told.
func contentRange(text string) (offset, size int64, err error) {
	span, whole, found := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	first, _, ranged := strings.Cut(span, "-")
	offset, err = strconv.ParseInt(first, 10, 64)
	if size = -1; err == nil && whole != "*" {
		size, err = strconv.ParseInt(whole, 10, 64)
	}
	if !found || !ranged || err != nil || offset < 0 || size < -1 {
		return 0, 0, fmt.Errorf("the server gives the range %q", text)
	}
	return offset, size, nil
}

// Head asks for a byte where the server, or the signature, does not take HEAD.
func (s *service) Head(ctx context.Context, key string) (store.Object, string, error) {
	answer, err := s.ask(ctx, http.MethodHead, key, "", "")
	if err != nil {
		return store.Object{}, "", err
	}
	answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		if answer.ContentLength >= 0 {
			return object(key, answer), "", nil
		}
		fallthrough
	case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusForbidden:
		body, err := s.Get(ctx, key, "", 0, 1)
		if errors.Is(err, remote.ErrRange) { // it is empty
			return store.Object{Key: key, Version: object(key, answer).Version}, "", nil
		}
		if err != nil {
			return store.Object{}, "", err
		}
		return body.Object, "", body.Close()
	}
	return store.Object{}, "", remote.StatusError(s.URL(key), answer.StatusCode, answer.Header, nil)
}

func (s *service) ListPage(context.Context, store.ListOptions, string) (remote.Page, error) {
	return remote.Page{}, &store.Error{
		URL: s.URL(""), Kind: store.ErrUnsupported, Cause: errors.New("a web server does not list its folders"),
		Hint: "name the files by a table, read shards, or a bucket",
	}
}

var errReadOnly = errors.New("a web server can only be read")

func (s *service) Put(_ context.Context, key string, _ []byte, _ remote.Making) (store.Object, error) {
	return store.Object{}, &store.Error{URL: s.URL(key), Kind: store.ErrUnsupported, Cause: errReadOnly}
}

func (s *service) Begin(_ context.Context, key string, _ remote.Making) (remote.Upload, error) {
	return nil, &store.Error{URL: s.URL(key), Kind: store.ErrUnsupported, Cause: errReadOnly}
}

func (s *service) Delete(_ context.Context, key string) error {
	return &store.Error{URL: s.URL(key), Kind: store.ErrUnsupported, Cause: errReadOnly}
}
