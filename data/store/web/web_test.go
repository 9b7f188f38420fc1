package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
	"hpaflow/data/store/storetest"
	"hpaflow/data/store/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server serves files as some kind of server does.
func server(t *testing.T, files map[string][]byte, as func(http.ResponseWriter, *http.Request, []byte)) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, is := files[strings.TrimPrefix(r.URL.Path, "/d/")]
		if !is {
			http.NotFound(w, r)
			return
		}
		as(w, r, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func connect(t *testing.T, address string, o remote.Options) store.Store {
	t.Helper()
	u, err := store.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	whole := u
	whole.Path = ""
	o.Wait, o.MaxWait = time.Millisecond, 10*time.Millisecond
	s, err := web.Connect(o)(t.Context(), whole)
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

func ranged(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Etag", fmt.Sprintf(`"%d"`, len(body)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// Servers of several kinds are read alike.
func TestServers(t *testing.T) {
	for name, as := range map[string]func(http.ResponseWriter, *http.Request, []byte){
		"etag": ranged,
		"time": func(w http.ResponseWriter, r *http.Request, body []byte) {
			http.ServeContent(w, r, "", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), bytes.NewReader(body))
		},
		"weak": func(w http.ResponseWriter, r *http.Request, body []byte) {
			w.Header().Set("Etag", `W/"1"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		},
		"no head": func(w http.ResponseWriter, r *http.Request, body []byte) {
			if r.Method == http.MethodHead {
				http.Error(w, "", http.StatusMethodNotAllowed)
				return
			}
			ranged(w, r, body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, piece := range []int64{0, 30_000} {
				storetest.RunReading(t, func(t *testing.T, files map[string][]byte) store.Store {
					return connect(t, server(t, files, as).URL+"/d?signature=x", remote.Options{Piece: piece})
				})
			}
		})
	}
}

// A server that knows no ranges, cuts bodies off and does not tell lengths still
// gives whole files; parts of them are refused by name.
func TestServerWithoutRanges(t *testing.T) {
	body := storetest.Body(300_000, 1)
	for _, told := range []bool{false, true} {
		var cuts atomic.Int32
		s := connect(t, server(t, map[string][]byte{"k": body}, func(w http.ResponseWriter, r *http.Request, body []byte) {
			w.Header().Set("Etag", `"1"`)
			if told {
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			}
			if cuts.Add(1) <= 3 {
				w.Write(body[:100_000*cuts.Load()-50_000])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
			w.Write(body)
		}).URL+"/d", remote.Options{Piece: 10_000})
		got, _, err := store.ReadAll(t.Context(), s, "k", 1<<20)
		if err != nil || !bytes.Equal(got, body) || cuts.Load() != 4 {
			t.Errorf("%d bytes after %d requests, %v", len(got), cuts.Load(), err)
		}
		if _, err := s.ReadAt(t.Context(), "k", "", make([]byte, 10), 10); !errors.Is(err, store.ErrUnsupported) || store.Temporary(err) {
			t.Error(err)
		}
	}
}

// A server that gives ranges and does not tell of how much still gives whole files,
// and parts of them.
func TestRangesOfUnknownSize(t *testing.T) {
	body := storetest.Body(30_000, 1)
	for _, piece := range []int64{1_000, 100_000} {
		s := connect(t, server(t, map[string][]byte{"k": body}, func(w http.ResponseWriter, r *http.Request, body []byte) {
			recorded := httptest.NewRecorder()
			ranged(recorded, r, body)
			for name := range recorded.Header() {
				w.Header().Set(name, strings.TrimSuffix(recorded.Header().Get(name), "/30000"))
			}
			if span := w.Header().Get("Content-Range"); span != "" {
				w.Header().Set("Content-Range", span+"/*")
			}
			w.WriteHeader(recorded.Code)
			w.Write(recorded.Body.Bytes())
		}).URL+"/d", remote.Options{Piece: piece})
		got, _, err := store.ReadAll(t.Context(), s, "k", 1<<20)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		part := make([]byte, 5_000)
		if n, err := s.ReadAt(t.Context(), "k", "", part, 27_000); n != 3_000 || !errors.Is(err, io.EOF) || !bytes.Equal(part[:n], body[27_000:]) {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	s := connect(t, server(t, nil, ranged).URL, remote.Options{})
	_, put := store.Put(t.Context(), s, "k", nil, store.CreateOptions{})
	var list error
	for _, list = range s.List(t.Context(), store.ListOptions{}) {
	}
	for _, err := range []error{put, list, s.Delete(t.Context(), "k")} {
		if !errors.Is(err, store.ErrUnsupported) {
			t.Error(err)
		}
	}
}

// A file that is replaced while it is read is an error, whether or not the server
// knows If-Range; one that changes between two tries is not pieced together.
func TestReplaced(t *testing.T) {
	files := map[string][]byte{"k": storetest.Body(100_000, 1)}
	s := connect(t, server(t, files, ranged).URL+"/d", remote.Options{})
	o, err := s.Stat(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	files["k"] = storetest.Body(100_001, 2)
	if _, err := s.ReadAt(t.Context(), "k", o.Version, make([]byte, 10), 10); !errors.Is(err, store.ErrChanged) {
		t.Error(err)
	}
}

// Neither passwords nor signatures are in errors; servers that are not there are
// given up.
func TestErrors(t *testing.T) {
	front := server(t, nil, ranged)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, address := range []string{front.URL, gone.URL, "http://none.invalid"} {
		s := connect(t, strings.Replace(address, "http://", "http://me:secret@", 1)+"/d?signature=secret", remote.Options{})
		_, err := s.Stat(t.Context(), "k")
		if err == nil || strings.Contains(err.Error(), "secret") || (address == front.URL) != errors.Is(err, store.ErrNotExist) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
