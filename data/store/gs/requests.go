package gs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// writerName is under which an object's metadata has the name of who wrote it.
const writerName = "hpaflow-writer"

// resource is an object, as the API tells of it.
type resource struct {
	Name       string            `json:"name"`
	Size       string            `json:"size,omitempty"`
	Generation string            `json:"generation,omitempty"`
	Updated    time.Time         `json:"updated,omitzero"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

func (r resource) object() (store.Object, error) {
	size, err := strconv.ParseInt(r.Size, 10, 64)
	if err != nil {
		err = fmt.Errorf("the server gives %q the size %q", r.Name, r.Size)
	}
	return store.Object{Key: r.Name, Size: size, Version: r.Generation, Modified: r.Updated}, err
}

// fields are those of a resource that are asked for.
const fields = "name,size,generation,updated,metadata"

// most is how many bytes of an answer that is no object are read.
const most = 32 << 20

// do sends a request. Statuses other than these are errors.
func (s *service) do(ctx context.Context, r *http.Request, key string, good ...int) (*http.Response, error) {
	if err := s.authorize(ctx, r); err != nil {
		return nil, err
	}
	answer, err := s.client.Do(r)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, remote.NetworkError(s.URL(key), err)
	}
	for _, code := range good {
		if answer.StatusCode == code {
			s.seen.Store(true)
			return answer, nil
		}
	}
	defer answer.Body.Close()
	return nil, s.fault(key, answer)
}

// fault gives an answer its meaning.
func (s *service) fault(key string, answer *http.Response) error {
	var said struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	var cause error
	if body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16)); err == nil && json.Unmarshal(body, &said) == nil && said.Error.Message != "" {
		cause = errors.New(said.Error.Message)
	}
	e := remote.StatusError(s.URL(key), answer.StatusCode, answer.Header, cause)
	switch {
	case answer.StatusCode == http.StatusNotFound && cause != nil && strings.Contains(cause.Error(), "bucket does not exist"):
		e.Kind, e.Cause = store.ErrNoBucket, nil
	case e.Kind == store.ErrNotExist, e.Kind == store.ErrChanged:
		e.Cause = nil
	case answer.StatusCode == http.StatusUnauthorized && s.anonymous:
		e.Kind = store.ErrPermission
	case answer.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return remote.ErrRange
	}
	if e.Kind == store.ErrPermission {
		e.Hint = "do the credentials have a right to this? A public bucket is read with ?anonymous=true"
	}
	return e
}

// noBucket takes an object that is missing for a bucket that is: in requests that
// name none, and where the bucket turns out to be missing.
func (s *service) noBucket(ctx context.Context, err error, ask bool) error {
	if s.seen.Load() || !errors.Is(err, store.ErrNotExist) {
		return err
	}
	if ask {
		_, list := s.ListPage(ctx, store.ListOptions{Prefix: "hpaflow-"}, "")
		if !errors.Is(list, store.ErrNoBucket) {
			return err
		}
	}
	return &store.Error{URL: s.URL(""), Kind: store.ErrNoBucket}
}

func (s *service) request(ctx context.Context, method, address string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, &store.Error{URL: s.URL(""), Cause: err}
	}
	r.Header.Set("Accept-Encoding", "gzip") // what is stored so is given as it is, and not unpacked
	return r, nil
}

// ask sends a request whose answer is JSON.
func (s *service) ask(ctx context.Context, r *http.Request, key string, to any) error {
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := s.do(ctx, r, key, http.StatusOK, http.StatusCreated)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return s.read(answer, key, to)
}

func (s *service) read(answer *http.Response, key string, to any) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err == nil {
		err = json.Unmarshal(body, to)
	}
	if err != nil {
		return &store.Error{URL: s.URL(key), Cause: fmt.Errorf("the server's answer: %w", err), Later: true}
	}
	return nil
}

func (s *service) ListPage(ctx context.Context, o store.ListOptions, token string) (page remote.Page, err error) {
	q := url.Values{"prefix": {o.Prefix}, "maxResults": {"1000"}, "fields": {"nextPageToken,prefixes,items(" + fields + ")"}}
	if o.Folder {
		q.Set("delimiter", "/")
	}
	if token != "" {
		q.Set("pageToken", token)
	}
	r, err := s.request(ctx, http.MethodGet, s.objects("", q), nil)
	if err != nil {
		return page, err
	}
	var list struct {
		NextPageToken string     `json:"nextPageToken"`
		Prefixes      []string   `json:"prefixes"`
		Items         []resource `json:"items"`
	}
	if err := s.ask(ctx, r, "", &list); err != nil {
		return page, s.noBucket(ctx, err, false)
	}
	for _, p := range list.Prefixes {
		page.Objects = append(page.Objects, store.Object{Key: p, Folder: true})
	}
	for _, item := range list.Items {
		if strings.HasSuffix(item.Name, "/") {
			continue // a stand-in for a folder
		}
		o, err := item.object()
		if err != nil {
			return page, &store.Error{URL: s.URL(""), Cause: err}
		}
		page.Objects = append(page.Objects, o)
	}
	page.Next = list.NextPageToken
	return page, nil
}

func (s *service) Get(ctx context.Context, key, version string, offset, length int64) (body remote.Body, err error) {
	q := url.Values{"alt": {"media"}}
	if version != "" {
		q.Set("ifGenerationMatch", version)
	}
	r, err := s.request(ctx, http.MethodGet, s.objects(key, q), nil)
	if err != nil {
		return body, err
	}
	r.Header.Set("Range", remote.Span(offset, length))
	answer, err := s.do(ctx, r, key, http.StatusOK, http.StatusPartialContent)
	if err != nil {
		return body, s.noBucket(ctx, err, true)
	}
	body = remote.Body{ReadCloser: answer.Body, Object: store.Object{Key: key, Size: answer.ContentLength, Version: answer.Header.Get("X-Goog-Generation")}}
	if at, err := http.ParseTime(answer.Header.Get("Last-Modified")); err == nil {
		body.Object.Modified = at
	}
	if answer.StatusCode == http.StatusOK {
		body.ToEnd = true
		return body, nil
	}
	err = body.InRange(s.URL(key), answer.Header.Get("Content-Range"))
	return body, err
}

func (s *service) Head(ctx context.Context, key string) (store.Object, string, error) {
	r, err := s.request(ctx, http.MethodGet, s.objects(key, url.Values{"fields": {fields}}), nil)
	if err != nil {
		return store.Object{}, "", err
	}
	var is resource
	if err := s.ask(ctx, r, key, &is); err != nil {
		return store.Object{}, "", s.noBucket(ctx, err, true)
	}
	o, err := is.object()
	if err != nil {
		return o, "", &store.Error{URL: s.URL(key), Cause: err}
	}
	return o, is.Metadata[writerName], nil
}

// made is an error of a request that was to make an object.
func (s *service) made(ctx context.Context, err error, m remote.Making) error {
	if e := (*store.Error)(nil); m.IfAbsent && errors.As(err, &e) && e.Kind == store.ErrChanged {
		e.Kind = store.ErrExist
	}
	return s.noBucket(ctx, err, false)
}

// uploads is the address that objects are sent to.
func (s *service) uploads(kind, key string, m remote.Making) string {
	q := url.Values{"uploadType": {kind}, "name": {key}, "fields": {fields}}
	if m.IfAbsent {
		q.Set("ifGenerationMatch", "0")
	}
	return s.base + "/upload/storage/v1/b/" + url.PathEscape(s.u.Bucket) + "/o?" + q.Encode()
}

// Put sends what is told of an object, and its bytes, in one body.
func (s *service) Put(ctx context.Context, key string, body []byte, m remote.Making) (store.Object, error) {
	about, err := json.Marshal(resource{Name: key, Metadata: map[string]string{writerName: m.Writer}})
	if err != nil {
		return store.Object{}, err
	}
	var both bytes.Buffer
	parts := multipart.NewWriter(&both)
	for _, part := range []struct {
		kind string
		body []byte
	}{{"application/json; charset=UTF-8", about}, {"application/octet-stream", body}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind}})
		if err == nil {
			_, err = w.Write(part.body)
		}
		if err != nil {
			return store.Object{}, err
		}
	}
	if err := parts.Close(); err != nil {
		return store.Object{}, err
	}
	r, err := s.request(ctx, http.MethodPost, s.uploads("multipart", key, m), both.Bytes())
	if err != nil {
		return store.Object{}, err
	}
	r.Header.Set("Content-Type", "multipart/related; boundary="+parts.Boundary())
	var is resource
	if err := s.ask(ctx, r, key, &is); err != nil {
		return store.Object{}, s.made(ctx, err, m)
	}
	return is.object()
}

func (s *service) Delete(ctx context.Context, key string) error {
	r, err := s.request(ctx, http.MethodDelete, s.objects(key, nil), nil)
	if err != nil {
		return err
	}
	answer, err := s.do(ctx, r, key, http.StatusOK, http.StatusNoContent)
	if err != nil {
		return s.noBucket(ctx, err, true)
	}
	return answer.Body.Close()
}
