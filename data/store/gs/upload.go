package gs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// upload is a session: the server knows how many bytes it has.
type upload struct {
	s       *service
	key     string
	m       remote.Making
	session string
	sent    int64 // where the last part that was sent begins, plus one
}

// resume is the status with which a session asks for more.
const resume = http.StatusPermanentRedirect

func (s *service) Begin(ctx context.Context, key string, m remote.Making) (remote.Upload, error) {
	about, err := json.Marshal(resource{Name: key, Metadata: map[string]string{writerName: m.Writer}})
	if err != nil {
		return nil, err
	}
	r, err := s.request(ctx, http.MethodPost, s.uploads("resumable", key, m), about)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	answer, err := s.do(ctx, r, key, http.StatusOK, http.StatusCreated)
	if err != nil {
		return nil, s.made(ctx, err, m)
	}
	defer answer.Body.Close()
	session := answer.Header.Get("Location")
	if session == "" {
		return nil, &store.Error{URL: s.URL(key), Cause: errors.New("the server gives no session to upload in")}
	}
	return &upload{s: s, key: key, m: m, session: session}, nil
}

// send sends bytes to the session, or none, to ask how far it has come. What it says
// is an object, if it is complete, and else how many bytes it has.
func (u *upload) send(ctx context.Context, span string, body []byte) (o store.Object, complete bool, has int64, err error) {
	r, err := u.s.request(ctx, http.MethodPut, u.session, body)
	if err != nil {
		return o, false, 0, err
	}
	r.Header.Set("Content-Range", span)
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := u.s.do(ctx, r, u.key, http.StatusOK, http.StatusCreated, resume)
	if errors.Is(err, store.ErrNotExist) {
		return o, false, 0, &store.Error{URL: u.s.URL(u.key), Cause: remote.ErrUploadGone}
	}
	if err != nil {
		return o, false, 0, u.s.made(ctx, err, u.m)
	}
	defer answer.Body.Close()
	if answer.StatusCode != resume {
		var is resource
		if err := u.s.read(answer, u.key, &is); err != nil {
			return o, false, 0, err
		}
		o, err = is.object()
		return o, true, 0, err
	}
	if _, last, found := strings.Cut(answer.Header.Get("Range"), "-"); found {
		end, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return o, false, 0, &store.Error{URL: u.s.URL(u.key), Cause: fmt.Errorf("the server has the range %q", answer.Header.Get("Range"))}
		}
		has = end + 1
	}
	return o, false, has, nil
}

// rest asks how much of what begins at an offset is there, if it was sent before.
func (u *upload) rest(ctx context.Context, offset int64, body []byte, total string) (from int64, o store.Object, complete bool, err error) {
	if u.sent != offset+1 {
		u.sent = offset + 1
		return 0, o, false, nil
	}
	o, complete, has, err := u.send(ctx, "bytes */"+total, nil)
	if err != nil || complete {
		return 0, o, complete, err
	}
	if has < offset || has > offset+int64(len(body)) {
		return 0, o, false, &store.Error{URL: u.s.URL(u.key), Cause: fmt.Errorf("the server has %d bytes, and was sent %d", has, offset)}
	}
	return has - offset, o, false, nil
}

func (u *upload) Part(ctx context.Context, _ int, offset int64, body []byte) error {
	from, _, _, err := u.rest(ctx, offset, body, "*")
	if err != nil || from == int64(len(body)) {
		return err
	}
	end := offset + int64(len(body))
	_, _, has, err := u.send(ctx, fmt.Sprintf("bytes %d-%d/*", offset+from, end-1), body[from:])
	if err == nil && has < end {
		return &store.Error{URL: u.s.URL(u.key), Cause: fmt.Errorf("the server took %d of %d bytes", has, end), Later: true}
	}
	return err
}

func (u *upload) Complete(ctx context.Context, offset int64, last []byte) (store.Object, error) {
	end := offset + int64(len(last))
	total := strconv.FormatInt(end, 10)
	from, o, complete, err := u.rest(ctx, offset, last, total)
	if err != nil || complete {
		return o, err
	}
	span := "bytes */" + total
	if from < int64(len(last)) {
		span = fmt.Sprintf("bytes %d-%d/%d", offset+from, end-1, end)
	}
	o, complete, has, err := u.send(ctx, span, last[from:])
	if err == nil && !complete {
		err = &store.Error{URL: u.s.URL(u.key), Cause: fmt.Errorf("the server took %d of %d bytes", has, end), Later: true}
	}
	return o, err
}

// closed is the status with which a session ends that is given up.
const closed = 499

func (u *upload) Abort(ctx context.Context) error {
	r, err := u.s.request(ctx, http.MethodDelete, u.session, nil)
	if err != nil {
		return err
	}
	answer, err := u.s.do(ctx, r, u.key, closed, http.StatusOK, http.StatusNoContent)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
