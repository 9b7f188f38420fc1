package place_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"hpaflow/data/place"
	"hpaflow/data/store"
	"hpaflow/data/store/remote"
	"hpaflow/data/store/web"
)

// A file of a web server is brought under its own name, and one that is not there is
// told of as missing: such a server has no folders that it could be.
func TestBringFromTheWeb(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Base(r.URL.Path) != "best.csv" {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Unix(1e9, 0), strings.NewReader("a,b\n"))
	}))
	defer server.Close()
	store.Register("http", web.Connect(remote.Options{}))
	defer store.Close()
	defer place.Forget()
	file, err := place.Bring(t.Context(), server.URL+"/run/best.csv")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "a,b\n" || path.Base(file) != "best.csv" {
		t.Errorf("%s holds %q, %v", file, b, err)
	}
	missing := server.URL + "/run/model.csv"
	if _, err := place.Bring(t.Context(), missing); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), missing) {
		t.Errorf("what is missing: %v", err)
	}
}
