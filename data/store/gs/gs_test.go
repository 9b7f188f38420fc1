package gs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"hpaflow/data/store"
	"hpaflow/data/store/gs"
	"hpaflow/data/store/remote"
	"hpaflow/data/store/storetest"
)

func connect(t *testing.T, address string) store.Store {
	t.Helper()
	u, err := store.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	whole := u
	whole.Path = ""
	s, err := gs.Connect(remote.Options{Wait: time.Millisecond, MaxWait: 100 * time.Millisecond})(t.Context(), whole)
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

// The suite passes on fake-gcs-server.
func TestServer(t *testing.T) {
	address := os.Getenv("HPAFLOW_TEST_GS")
	if address == "" {
		t.Skip("HPAFLOW_TEST_GS names no server: bench/stores/run starts one")
	}
	t.Setenv("STORAGE_EMULATOR_HOST", address)
	answer, err := http.Post(address+"/storage/v1/b?project=p", "application/json", strings.NewReader(`{"name": "plates"}`))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	storetest.Run(t, storetest.Options{Large: 18 << 20, Many: 1100}, func(t *testing.T) store.Store {
		return connect(t, fmt.Sprintf("gs://plates/%d", time.Now().UnixNano()))
	})
	for what, err := range everything(t, func() store.Store { return connect(t, "gs://nowhere") }) {
		if !errors.Is(err, store.ErrNoBucket) || errors.Is(err, store.ErrNotExist) || store.Temporary(err) {
			t.Errorf("%s in no bucket: %v", what, err)
		}
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

// What the server says has the right name.
func TestNamedErrors(t *testing.T) {
	for answer, want := range map[string]error{
		`401 {"error": {"message": "Anonymous caller does not have storage.objects.get access"}}`: store.ErrPermission,
		`403 {"error": {"message": "someone does not have storage.objects.get access"}}`:          store.ErrPermission,
		`404 {"error": {"message": "The specified bucket does not exist."}}`:                      store.ErrNoBucket,
	} {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var code int
			fmt.Sscan(answer, &code)
			w.WriteHeader(code)
			io.WriteString(w, answer[4:])
		}))
		t.Setenv("STORAGE_EMULATOR_HOST", front.URL)
		for what, err := range everything(t, func() store.Store { return connect(t, "gs://plates") }) {
			if !errors.Is(err, want) || errors.Is(err, store.ErrNotExist) || store.Temporary(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		front.Close()
	}
}

// A file of credentials that is wrong is named before a request is sent.
func TestWrongCredentials(t *testing.T) {
	path := t.TempDir() + "/key.json"
	if err := os.WriteFile(path, []byte(`{"type": "nonsense"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
	if _, err := connect(t, "gs://plates").Stat(t.Context(), "k"); !errors.Is(err, store.ErrCredentials) || !strings.Contains(err.Error(), "anonymous=true") {
		t.Error(err)
	}
	u, err := store.Parse("gs://b?anonymous=yes")
	if err == nil {
		_, err = gs.Connect(remote.Options{})(context.Background(), u)
	}
	if err == nil || !strings.Contains(err.Error(), "true or false") {
		t.Error(err)
	}
}
