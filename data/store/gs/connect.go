package gs

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

const scope = "https://www.googleapis.com/auth/devstorage.read_write"

// service is a bucket.
type service struct {
	u         store.URL
	base      string // of the server
	anonymous bool
	client    *http.Client
	transport *http.Transport
	seen      atomic.Bool // the bucket is there

	mu     sync.Mutex
	tokens oauth2.TokenSource
	had    bool // there was a token once
}

// Connect gives the connector of gs://, with limits for each bucket.
func Connect(o remote.Options) store.Connect {
	return func(_ context.Context, u store.URL) (store.Store, error) {
		if err := u.CheckOptions("anonymous"); err != nil {
			return nil, err
		}
		s := &service{u: u, base: "https://storage.googleapis.com", transport: remote.Transport(o)}
		s.client = &http.Client{Transport: s.transport}
		var err error
		if s.anonymous, err = u.Flag("anonymous"); err != nil {
			return nil, err
		}
		if host := os.Getenv("STORAGE_EMULATOR_HOST"); host != "" {
			if !strings.Contains(host, "://") {
				host = "http://" + host
			}
			s.base, s.anonymous = strings.TrimSuffix(host, "/"), true
		}
		return remote.New(s, o)
	}
}

func (s *service) URL(key string) string { return s.u.Join(key).Public() }

func (s *service) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// Parts are multiples of 256 KiB, as sessions want them.
func (s *service) Parts() remote.Parts {
	return remote.Parts{Size: 8 << 20, Largest: 1 << 30, Most: 1 << 20, InOrder: true}
}

// authorize adds a token to a request.
func (s *service) authorize(ctx context.Context, r *http.Request) error {
	if s.anonymous {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		found, err := google.FindDefaultCredentials(context.WithoutCancel(ctx), scope)
		if err != nil {
			return s.noToken(err)
		}
		s.tokens = found.TokenSource
	}
	token, err := s.tokens.Token()
	if err != nil {
		return s.noToken(err)
	}
	s.had = true
	token.SetAuthHeader(r)
	return nil
}

func (s *service) noToken(err error) error {
	return &store.Error{
		URL: s.URL(""), Kind: store.ErrCredentials, Cause: err, Later: s.had,
		Hint: "set GOOGLE_APPLICATION_CREDENTIALS, log in with gcloud auth application-default login, or add ?anonymous=true for a public bucket",
	}
}

// objects is the address of the bucket's objects, or of one of them.
func (s *service) objects(key string, query url.Values) string {
	text := s.base + "/storage/v1/b/" + url.PathEscape(s.u.Bucket) + "/o"
	if key != "" {
		text += "/" + url.PathEscape(key)
	}
	return text + "?" + query.Encode()
}
