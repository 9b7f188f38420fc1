package azure

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// service is a container.
type service struct {
	u         store.URL
	client    *container.Client
	transport *http.Transport
	anonymous bool
}

// Connect gives the connector of az://, with limits for each container.
func Connect(o remote.Options) store.Connect {
	return func(_ context.Context, u store.URL) (store.Store, error) {
		if err := u.CheckOptions("account", "anonymous"); err != nil {
			return nil, err
		}
		s := &service{u: u, transport: remote.Transport(o)}
		var err error
		if s.anonymous, err = u.Flag("anonymous"); err != nil {
			return nil, err
		}
		options := &container.ClientOptions{}
		options.Transport = &http.Client{Transport: s.transport}
		options.Retry = policy.RetryOptions{MaxRetries: -1}
		if s.client, err = s.connect(options); err != nil {
			return nil, &store.Error{URL: u.Public(), Kind: store.ErrCredentials, Cause: err}
		}
		return remote.New(s, o)
	}
}

// connect chooses the credentials.
func (s *service) connect(options *container.ClientOptions) (*container.Client, error) {
	account := cmp.Or(s.u.Query.Get("account"), os.Getenv("AZURE_STORAGE_ACCOUNT"))
	if text := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); text != "" && !s.anonymous {
		return container.NewClientFromConnectionString(text, s.u.Bucket, options)
	}
	endpoint := os.Getenv("AZURE_STORAGE_BLOB_ENDPOINT")
	if endpoint == "" && account == "" {
		return nil, fmt.Errorf("no account is named: set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING, or add ?account=NAME")
	}
	endpoint = strings.TrimSuffix(cmp.Or(endpoint, "https://"+account+".blob.core.windows.net"), "/") + "/" + s.u.Bucket
	key, token := os.Getenv("AZURE_STORAGE_KEY"), os.Getenv("AZURE_STORAGE_SAS_TOKEN")
	switch {
	case s.anonymous:
		return container.NewClientWithNoCredential(endpoint, options)
	case key != "":
		credential, err := container.NewSharedKeyCredential(account, key)
		if err != nil {
			return nil, fmt.Errorf("AZURE_STORAGE_KEY: %w", err)
		}
		return container.NewClientWithSharedKeyCredential(endpoint, credential, options)
	case token != "":
		return container.NewClientWithNoCredential(endpoint+"?"+strings.TrimPrefix(token, "?"), options)
	}
	chain, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, err
	}
	return container.NewClient(endpoint, chain, options)
}

func (s *service) URL(key string) string { return s.u.Join(key).Public() }

func (s *service) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

func (s *service) Parts() remote.Parts {
	return remote.Parts{Size: 8 << 20, Largest: 4000 << 20, Most: 50_000}
}
