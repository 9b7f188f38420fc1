package azure_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"hpaflow/data/store"
	"hpaflow/data/store/azure"
	"hpaflow/data/store/remote"
	"hpaflow/data/store/storetest"
)

// The account that Azurite has, which is no secret.
const (
	name = "devstoreaccount1"
	key  = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// account sets the variables of an account, and no others.
func account(t *testing.T, endpoint, key string) {
	t.Helper()
	for name, value := range map[string]string{
		"AZURE_STORAGE_BLOB_ENDPOINT": endpoint, "AZURE_STORAGE_ACCOUNT": name, "AZURE_STORAGE_KEY": key,
		"AZURE_STORAGE_CONNECTION_STRING": "", "AZURE_STORAGE_SAS_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
}

func connect(t *testing.T, address string) store.Store {
	t.Helper()
	u, err := store.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	whole := u
	whole.Path = ""
	s, err := azure.Connect(remote.Options{Wait: time.Millisecond, MaxWait: 100 * time.Millisecond})(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	})
	return store.Below(s, u.Path)
}

// The suite passes on Azurite.
func TestServer(t *testing.T) {
	address := os.Getenv("HPAFLOW_TEST_AZURE")
	if address == "" {
		t.Skip("HPAFLOW_TEST_AZURE names no server: bench/stores/run starts one")
	}
	address += "/" + name
	account(t, address, key)
	credential, err := container.NewSharedKeyCredential(name, key)
	if err != nil {
		t.Fatal(err)
	}
	for bucket, access := range map[string]*container.PublicAccessType{"plates": nil, "public": to.Ptr(container.PublicAccessTypeContainer)} {
		c, err := container.NewClientWithSharedKeyCredential(address+"/"+bucket, credential, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Create(t.Context(), &container.CreateOptions{Access: access}); err != nil && !bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
			t.Fatal(err)
		}
	}
	storetest.Run(t, storetest.Options{Large: 18 << 20, Many: 300}, func(t *testing.T) store.Store {
		return connect(t, fmt.Sprintf("az://plates/%d", time.Now().UnixNano()))
	})
	if _, err := store.Put(t.Context(), connect(t, "az://public"), "k", []byte("k"), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Run("anonymous", func(t *testing.T) {
		account(t, address, "")
		s := connect(t, "az://public?anonymous=true")
		if b, _, err := store.ReadAll(t.Context(), s, "k", 10); err != nil || string(b) != "k" {
			t.Errorf("%q, %v", b, err)
		}
		_, err := store.Put(t.Context(), s, "new", nil, store.CreateOptions{})
		if !errors.Is(err, store.ErrPermission) {
			t.Error(err)
		}
	})
	for what, c := range map[string]struct {
		key, url string
		want     error
	}{
		"no container": {key, "az://nowhere", store.ErrNoBucket},
		"no rights":    {"", "az://plates?anonymous=true", store.ErrPermission},
		"wrong key":    {base64.StdEncoding.EncodeToString(make([]byte, 64)), "az://plates", store.ErrCredentials},
	} {
		t.Run(what, func(t *testing.T) {
			account(t, address, c.key)
			for what, err := range everything(t, func() store.Store { return connect(t, c.url) }) {
				if !errors.Is(err, c.want) && !(c.want == store.ErrCredentials && errors.Is(err, store.ErrPermission)) || errors.Is(err, store.ErrNotExist) || store.Temporary(err) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// everything is asked of a store, of which nothing is known before.
func everything(t *testing.T, connect func() store.Store) map[string]error {
	ctx := t.Context()
	_, stat := connect().Stat(ctx, "k")
	_, _, open := connect().Open(ctx, "k")
	_, read := connect().ReadAt(ctx, "k", "", make([]byte, 1), 0)
	_, put := store.Put(ctx, connect(), "new", []byte("x"), store.CreateOptions{})
	_, large := store.Put(ctx, connect(), "new", make([]byte, 9<<20), store.CreateOptions{IfAbsent: true})
	var list error
	for _, list = range connect().List(ctx, store.ListOptions{}) {
	}
	return map[string]error{"stat": stat, "open": open, "read": read, "put": put, "large": large, "list": list, "delete": connect().Delete(ctx, "k")}
}

// What the server says has the right name, and what may pass is sent again by the
// store and not by the library.
func TestNamedErrors(t *testing.T) {
	for answer, want := range map[string]error{
		"404 BlobNotFound": store.ErrNotExist, "404 ContainerNotFound": store.ErrNoBucket, "404 NoSuchThing": nil,
		"403 AuthenticationFailed": store.ErrCredentials, "403 AuthorizationFailure": store.ErrPermission, "503 ServerBusy": nil,
	} {
		asked := 0
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			var code int
			var name string
			fmt.Sscan(answer, &code, &name)
			w.Header().Set("X-Ms-Error-Code", name)
			w.WriteHeader(code)
		}))
		account(t, front.URL, key)
		_, err := connect(t, "az://plates").Stat(t.Context(), "k")
		var e *store.Error
		tries := 1
		if strings.HasPrefix(answer, "503") {
			tries = 4
		}
		if !errors.As(err, &e) || e.Kind != want || e.Slow != (tries > 1) || asked != tries {
			t.Errorf("%s: %v, asked %d times", answer, err, asked)
		}
		front.Close()
	}
}

func TestAccount(t *testing.T) {
	for _, name := range []string{"AZURE_STORAGE_BLOB_ENDPOINT", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_CONNECTION_STRING"} {
		t.Setenv(name, "")
	}
	for address, want := range map[string]string{
		"az://plates":                       "AZURE_STORAGE_ACCOUNT",
		"az://plates?acount=a":              `no option "acount"`,
		"az://plates?account=a&anonymous=1": "true or false",
	} {
		u, err := store.Parse(address)
		if err == nil {
			_, err = azure.Connect(remote.Options{})(t.Context(), u)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
