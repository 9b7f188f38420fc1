package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Client gets files. It is safe for concurrent use.
type Client struct {
	opts  Options
	http  *http.Client
	hosts hosts
}

var errRedirects = errors.New("too many redirects")

const mostRedirects = 10

// New makes a client; its options are filled in and checked.
func New(opts Options) (*Client, error) {
	opts.EnsureDefaults()
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = opts.PerHost
	transport.DisableCompression = true // so that lengths are those of the files
	return &Client{opts: opts, hosts: hosts{perHost: opts.PerHost}, http: &http.Client{
		Transport: transport,
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) >= mostRedirects {
				return errRedirects
			}
			return nil
		},
	}}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Get gets one file, trying again where that may help. Its error names the URL,
// without its password, and what was wrong at the last try; that of an ended context is its cause.
func (c *Client) Get(ctx context.Context, address string) ([]byte, error) {
	return c.GetChecked(ctx, address, c.opts.Check)
}

// GetChecked is Get with a check of its own for the body, in place of the options'.
// A check that knows that another try would end the same says so by Final.
func (c *Client) GetChecked(ctx context.Context, address string, check func(body []byte) error) ([]byte, error) {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier, waits.MaxInterval = c.opts.Wait, 2, c.opts.MaxWait
	tries := 0
	body, err := backoff.Retry(ctx, func() ([]byte, error) {
		tries++
		body, err := c.try(ctx, address, check)
		if err != nil && (ctx.Err() != nil || hopeless(err)) {
			return nil, backoff.Permanent(err)
		}
		return body, err
	}, backoff.WithBackOff(waits), backoff.WithMaxTries(uint(c.opts.Tries)), backoff.WithMaxElapsedTime(0))
	switch {
	case err == nil:
		return body, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case tries > 1:
		return nil, fmt.Errorf("%s: %w (%d tries)", public(address), err, tries)
	}
	return nil, fmt.Errorf("%s: %w", public(address), err)
}

// public is an address without the password that it may hold.
func public(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return address
}

// hopeless says that another try would end the same.
func hopeless(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		switch status.Code {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
			return false
		}
		return status.Code < 500
	}
	if _, final := errors.AsType[*finalError](err); final {
		return true
	}
	return errors.Is(err, errRedirects) || errors.Is(err, ErrTooLarge) || errors.Is(err, errNoURL)
}

// Final marks what a check finds wrong as what it will be the next time, too.
func Final(err error) error { return &finalError{err} }

type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// StatusError is an answer other than 200.
type StatusError struct {
	Code  int
	Text  string        // as in "404 Not Found"
	After time.Duration // how long the server asks to be left alone; 0: it does not
}

func (e *StatusError) Error() string { return "the server says " + e.Text }

// Unwrap gives the wish to be left alone in the form that backoff looks for.
func (e *StatusError) Unwrap() error {
	if e.After == 0 {
		return nil
	}
	return &backoff.RetryAfterError{Duration: e.After}
}
