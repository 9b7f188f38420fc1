package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Client is a connection to a broker. It lasts while the broker is away, and goes
// on when it is back.
type Client struct {
	nc    *nats.Conn
	js    jetstream.JetStream
	asker string        // who this is, as states name it
	lost  chan struct{} // closed when the connection is given up
}

const (
	connectPatience = 15 * time.Second // for a broker that does not answer at first
	askPatience     = 5 * time.Second  // for an answer
	pingEvery       = 5 * time.Second
	maxPending      = 256 // publishes on their way
)

// Connect gets a connection. Noted is told when the broker goes away and comes
// back; it may be nil.
func Connect(ctx context.Context, a Address, name string, noted func(text string)) (*Client, error) {
	if noted == nil {
		noted = func(string) {}
	}
	c := &Client{asker: name, lost: make(chan struct{})}
	opts := []nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2), nats.IgnoreAuthErrorAbort(), nats.Timeout(askPatience),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				noted("the broker is away: " + err.Error() + "; what is at work goes on, and counts when it is published")
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { noted("the broker is back") }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // those who ask are told
		nats.ClosedHandler(func(*nats.Conn) { close(c.lost) }),
	}
	secret, err := withSecret(a.Secret)
	if err != nil {
		return nil, err
	}
	opts = append(opts, secret...)
	if a.CA != "" || strings.Contains(a.URL, "tls://") {
		config, err := trusting(a.CA)
		if err != nil {
			return nil, err
		}
		opts = append(opts, nats.Secure(config))
	}
	for begun := time.Now(); ; {
		c.nc, err = nats.Connect(a.URL, opts...)
		if err == nil {
			break
		}
		if refused(err) || time.Since(begun) > connectPatience || !pause(ctx, 200*time.Millisecond) {
			return nil, fmt.Errorf("broker at %s: %w%s", a.URL, err, hint(err))
		}
	}
	c.js, err = jetstream.New(c.nc, jetstream.WithPublishAsyncMaxPending(maxPending), jetstream.WithDefaultTimeout(askPatience))
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// refused says that a broker has answered, and that asking again does not help.
func refused(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrSecureConnRequired) || errors.Is(err, nats.ErrSecureConnWanted)
}

// hint is what to do about an error of connecting.
func hint(err error) string {
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return "; --token-file names the file with the broker's token (DIR/token of hpaflow cluster serve)"
	case errors.Is(err, nats.ErrSecureConnRequired):
		return "; it wants tls:// for nats://, and --tls-ca"
	}
	return ""
}

// withSecret reads what proves who this is, by what the file holds.
func withSecret(path string) ([]nats.Option, error) {
	if path == "" {
		return nil, nil
	}
	secret, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(secret, "-----BEGIN NATS"):
		return []nats.Option{nats.UserCredentials(path)}, nil
	case strings.HasPrefix(secret, "SU") && len(secret) == 58:
		nkey, err := nats.NkeyOptionFromSeed(path)
		return []nats.Option{nkey}, err
	}
	return []nats.Option{nats.Token(secret)}, nil
}

// Close ends the connection.
func (c *Client) Close() { c.nc.Close() }

// Away says that the broker cannot be reached now.
func (c *Client) Away() bool { return !c.nc.IsConnected() }

// pause waits, and says whether the context still holds.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
