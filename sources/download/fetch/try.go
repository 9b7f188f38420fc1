package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ErrNoAnswer is that of a server that is not there, or does not speak: nothing
// came back, not even a refusal.
var ErrNoAnswer = errors.New("no answer")

// ErrTooLarge is of a file that is larger than Options.MaxBytes.
var ErrTooLarge = errors.New("the file is larger than the limit")

// withoutURL drops what the standard library puts before an error and Get says
// already.
func withoutURL(err error) error {
	var named *url.Error
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}

var (
	errNoURL   = errors.New("no address")
	errStalled = errors.New("the server went silent")
	errTooSlow = errors.New("the server took too long")
)

// try asks for a file once.
func (c *Client) try(ctx context.Context, address string, check func(body []byte) error) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoURL, err)
	}
	request.Header.Set("User-Agent", "hpaflow")
	done, err := c.hosts.turn(ctx, request.URL.Host)
	if err != nil {
		return nil, err
	}
	defer done()
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer time.AfterFunc(c.opts.Timeout, func() { cancel(errTooSlow) }).Stop()
	silence := time.AfterFunc(c.opts.Idle, func() { cancel(errStalled) })
	defer silence.Stop()

	body, err := c.exchange(request.WithContext(limited), func() { silence.Reset(c.opts.Idle) })
	if cause := context.Cause(limited); err != nil && cause != nil {
		// What the transport says of a cancelled request is less to the point.
		if errors.Is(err, ErrNoAnswer) {
			cause = fmt.Errorf("%w: %w", ErrNoAnswer, cause)
		}
		err = cause
	}
	if err != nil {
		return nil, err
	}
	if check != nil {
		err = check(body)
	}
	return body, err
}

// exchange sends a request and reads the answer; alive is called with every
// piece of it.
func (c *Client) exchange(request *http.Request, alive func()) ([]byte, error) {
	answer, err := c.http.Do(request)
	if err != nil {
		if !errors.Is(err, errRedirects) {
			err = fmt.Errorf("%w: %w", ErrNoAnswer, withoutURL(err))
		}
		return nil, err
	}
	defer answer.Body.Close()
	alive()
	if answer.StatusCode != http.StatusOK {
		status := &StatusError{Code: answer.StatusCode, Text: answer.Status, After: c.after(answer)}
		if status.After > 0 {
			c.hosts.rest(request.URL.Host, status.After)
		}
		return nil, status
	}
	if answer.ContentLength > c.opts.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, answer.ContentLength, c.opts.MaxBytes)
	}
	var body bytes.Buffer
	_, err = io.Copy(&body, &watched{io.LimitReader(answer.Body, c.opts.MaxBytes+1), alive})
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off: %w", err)
	case int64(body.Len()) > c.opts.MaxBytes:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.opts.MaxBytes)
	}
	return body.Bytes(), nil
}

// after reads Retry-After: seconds or a date. It is capped.
func (c *Client) after(answer *http.Response) time.Duration {
	text := answer.Header.Get("Retry-After")
	wish := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wish = time.Duration(min(seconds, 1<<20)) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		wish = time.Until(date)
	}
	return min(max(wish, 0), c.opts.MaxWait)
}

// watched tells of every piece that is read.
type watched struct {
	r     io.Reader
	alive func()
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if n > 0 {
		w.alive()
	}
	return n, err
}
