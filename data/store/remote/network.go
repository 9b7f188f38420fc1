package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"hpaflow/data/store"
)

// NetworkError gives an error of a request that had no answer its meaning: most may
// pass.
func NetworkError(address string, err error) *store.Error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err // whose URL may hold secrets
	}
	e := &store.Error{URL: address, Cause: err, Later: true}
	var name *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Cause = err
	case errors.As(err, &name) && name.IsNotFound:
		e.Later, e.Hint = false, "is the address right, and is there a network?"
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid):
		e.Later = false
	}
	return e
}

// StatusError gives a status of HTTP its meaning, where the body says no more.
func StatusError(address string, code int, header http.Header, cause error) *store.Error {
	e := &store.Error{URL: address, Cause: cause}
	if cause == nil {
		e.Cause = errors.New("the server says " + strconv.Itoa(code) + " " + http.StatusText(code))
	}
	switch code {
	case http.StatusNotFound, http.StatusGone:
		e.Kind, e.Cause = store.ErrNotExist, cause
	case http.StatusPreconditionFailed:
		e.Kind, e.Cause = store.ErrChanged, cause
	case http.StatusForbidden:
		e.Kind = store.ErrPermission
	case http.StatusUnauthorized:
		e.Kind = store.ErrCredentials
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		e.Slow, e.Later = true, true
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		e.Later = true
	}
	if e.Later {
		e.After = retryAfter(header)
	}
	return e
}

// retryAfter is how long a server asks to be left alone.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// Transport makes connections for one store. Bodies are not unpacked: lengths are
// those of the objects.
func Transport(o Options) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	Tune(t, o)
	return t
}

// Tune fits a transport to a store.
func Tune(t *http.Transport, o Options) {
	o.EnsureDefaults()
	t.MaxIdleConnsPerHost = o.Requests
	t.MaxIdleConns = 2 * o.Requests
	t.DisableCompression = true
	t.ResponseHeaderTimeout = o.Idle
}
