package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// service is a bucket.
type service struct {
	u         store.URL
	client    *s3.Client
	transport *http.Transport
	creds     aws.CredentialsProvider // nil: anonymous
	had       atomic.Bool             // there were credentials once
	seen      atomic.Bool             // the bucket is there, and something of it may be read or written
	region    atomic.Pointer[string]  // that the bucket was found to be in
}

// Connect gives the connector of s3://, with limits for each bucket.
func Connect(o remote.Options) store.Connect {
	return func(ctx context.Context, u store.URL) (store.Store, error) {
		if err := u.CheckOptions("anonymous", "endpoint", "region"); err != nil {
			return nil, err
		}
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, &store.Error{URL: u.Public(), Kind: store.ErrCredentials, Cause: err}
		}
		s := &service{u: u, transport: remote.Transport(o)}
		if own, is := cfg.HTTPClient.(*awshttp.BuildableClient); is { // with AWS_CA_BUNDLE
			s.transport = own.GetTransport()
			remote.Tune(s.transport, o)
		}
		if cfg.Region == "" {
			cfg.Region = "us-east-1"
		}
		if region := u.Query.Get("region"); region != "" {
			cfg.Region = region
		}
		anonymous, err := u.Flag("anonymous")
		if err != nil {
			return nil, err
		}
		if anonymous {
			cfg.Credentials = aws.AnonymousCredentials{}
		} else {
			s.creds = cfg.Credentials
		}
		endpoint := u.Query.Get("endpoint")
		if e, err := url.Parse(endpoint); endpoint != "" && (err != nil || e.Host == "") {
			return nil, fmt.Errorf("%s: the endpoint %q is no URL", u.Public(), endpoint)
		}
		s.client = s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.Retryer = aws.NopRetryer{}
			o.HTTPClient = &http.Client{Transport: s.transport}
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
			if endpoint != "" {
				o.BaseEndpoint = &endpoint
			}
			o.UsePathStyle = o.BaseEndpoint != nil || strings.Contains(u.Bucket, ".")
		})
		return remote.New(s, o)
	}
}

func (s *service) URL(key string) string { return s.u.Join(key).Public() }

func (s *service) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

func (s *service) Parts() remote.Parts {
	return remote.Parts{Size: 8 << 20, Largest: 5 << 30, Most: 10_000}
}

// ready sees to credentials, and says so where there are none.
func (s *service) ready(ctx context.Context) error {
	if s.creds == nil {
		return nil
	}
	_, err := s.creds.Retrieve(ctx)
	if err == nil {
		s.had.Store(true)
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &store.Error{
		URL: s.URL(""), Kind: store.ErrCredentials, Cause: shortest(err), Later: s.had.Load(),
		Hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or add ?anonymous=true for a public bucket",
	}
}

// shortest is the innermost error, which says what is wrong without the way to it.
func shortest(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// options sends a request to where the bucket was found to be.
func (s *service) options(o *s3.Options) {
	if region := s.region.Load(); region != nil {
		o.Region = *region
	}
}
