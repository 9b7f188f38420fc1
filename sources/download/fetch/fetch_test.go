package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hpaflow/sources/download/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick are options under which nothing waits for long.
func quick() fetch.Options {
	return fetch.Options{
		Tries: 3, Wait: time.Millisecond, MaxWait: 50 * time.Millisecond,
		Timeout: 2 * time.Second, Idle: 150 * time.Millisecond, MaxBytes: 1 << 20,
	}
}

// get serves one URL and gets it; tries is how often the server was asked.
func get(t *testing.T, opts fetch.Options, serve http.HandlerFunc) (body []byte, tries int, err error) {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		serve(w, r)
	}))
	defer server.Close()
	c, err := fetch.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body, err = c.Get(context.Background(), server.URL+"/a.jpg")
	return body, int(asked.Load()), err
}

// failing serves badly so many times, and then well.
func failing(times int, badly http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		bad := times > 0
		times--
		mu.Unlock()
		if bad {
			badly(w, r)
			return
		}
		fmt.Fprint(w, "the file")
	}
}

func hijack(w http.ResponseWriter, text string) {
	conn, buffer, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	buffer.WriteString(text)
	buffer.Flush()
	conn.Close()
}

func stall(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "the ")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// What may pass is tried again until it does.
func TestGetTriesAgain(t *testing.T) {
	check := quick()
	check.Check = func(b []byte) error {
		if strings.HasPrefix(string(b), "<html>") {
			return errors.New("HTML")
		}
		return nil
	}
	for name, badly := range map[string]http.HandlerFunc{
		"500":           func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 500) },
		"429":           func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusTooManyRequests) },
		"408":           func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusRequestTimeout) },
		"html with 200": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>busy</html>") },
		"truncated": func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nthe")
		},
		"chunks cut off": func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nthe\r\n")
		},
		"closed":  func(w http.ResponseWriter, _ *http.Request) { hijack(w, "") },
		"no http": func(w http.ResponseWriter, _ *http.Request) { hijack(w, "SSH-2.0\r\n\r\n") },
		"stalled": stall,
		"silent":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		body, tries, err := get(t, check, failing(2, badly))
		if err != nil || string(body) != "the file" || tries != 3 {
			t.Errorf("%s: %q, %v after %d tries", name, body, err, tries)
		}
		if body, tries, err = get(t, check, failing(3, badly)); err == nil || tries != 3 || !strings.HasSuffix(err.Error(), "(3 tries)") {
			t.Errorf("%s for ever: %q, %v after %d tries", name, body, err, tries)
		}
	}
}

// What cannot pass is not tried again.
func TestGetGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		want  string
		serve http.HandlerFunc
	}{
		"404":       {"the server says 404 Not Found", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 404) }},
		"403":       {"the server says 403 Forbidden", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusForbidden) }},
		"too large": {"the file is larger than the limit: 2097152 bytes of at most 1048576", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "2097152") }},
		"endless": {"the file is larger than the limit: more than 1048576 bytes", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}},
	} {
		body, tries, err := get(t, quick(), c.serve)
		if err == nil || tries != 1 || !strings.HasSuffix(err.Error(), "/a.jpg: "+c.want) {
			t.Errorf("%s: %q, %v after %d tries", name, body, err, tries)
		}
	}
	body, _, err := get(t, quick(), func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/b.jpg", http.StatusFound) })
	if err == nil || !strings.Contains(err.Error(), "too many redirects") {
		t.Errorf("a loop of redirects: %q, %v", body, err)
	}
	body, tries, err := get(t, quick(), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a.jpg" {
			http.Redirect(w, r, "/b.jpg", http.StatusFound)
			return
		}
		fmt.Fprint(w, "the file")
	})
	if err != nil || string(body) != "the file" || tries != 2 {
		t.Errorf("a redirect: %q, %v", body, err)
	}
}

// A server that drips is not silent, but too slow. It drips until it is left.
func TestGetDoesNotWaitForADrip(t *testing.T) {
	opts := quick()
	opts.Tries, opts.Timeout = 1, 300*time.Millisecond
	_, _, err := get(t, opts, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, ".")
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "the server took too long") {
		t.Errorf("error %v", err)
	}
}

// An endless answer costs no more memory than the limit.
func TestGetSpendsNoMemoryBeyondTheLimit(t *testing.T) {
	opts := quick()
	opts.MaxBytes, opts.Tries = 1<<20, 1
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := get(t, opts, func(w http.ResponseWriter, r *http.Request) {
		piece := make([]byte, 1<<16)
		for range 1 << 12 { // 256 MiB
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; err == nil || spent > 16<<20 {
		t.Errorf("%v, %d bytes allocated", err, spent)
	}
}

// A server that asks to be left alone is, by everything that is got from it.
func TestRetryAfterHoldsForTheHost(t *testing.T) {
	const rest = time.Second
	var mu sync.Mutex
	var refused time.Time
	early := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if refused.IsZero() {
			refused = time.Now()
			w.Header().Set("Retry-After", "1")
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		if time.Since(refused) < rest-10*time.Millisecond {
			early++
		}
		fmt.Fprint(w, "the file")
	}))
	defer server.Close()
	opts := quick()
	opts.MaxWait = 5 * time.Second
	c, err := fetch.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ready := make(chan struct{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if i > 0 {
				<-ready
				time.Sleep(100 * time.Millisecond) // the first has been refused by now
			} else {
				close(ready)
			}
			if _, err := c.Get(context.Background(), server.URL+"/x.jpg"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if early > 0 || time.Since(refused) < rest-10*time.Millisecond {
		t.Errorf("%d requests came early", early)
	}
}

func TestConnectionsToAHostAreBounded(t *testing.T) {
	var open, most atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Millisecond)
		fmt.Fprint(w, "x")
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			if n := open.Add(1); n > most.Load() {
				most.Store(n)
			}
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	defer server.Close()
	opts := quick()
	opts.PerHost = 3
	c, err := fetch.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if _, err := c.Get(context.Background(), server.URL); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n > 3 || n < 1 {
		t.Errorf("%d connections at once", n)
	}
}

func TestCancelEndsEveryWait(t *testing.T) {
	const rest = time.Minute // for which a server wishes, and for which it may be silent
	cause := errors.New("enough")
	for name, serve := range map[string]http.HandlerFunc{
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"resting": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", fmt.Sprint(rest.Seconds()))
			http.Error(w, "", http.StatusServiceUnavailable)
		},
	} {
		server := httptest.NewServer(serve)
		c, err := fetch.New(fetch.Options{Idle: rest})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
		start := time.Now()
		if _, err := c.Get(ctx, server.URL); !errors.Is(err, cause) || time.Since(start) > rest/2 {
			t.Errorf("%s: %v after %v", name, err, time.Since(start))
		}
		c.Close()
		server.Close()
	}
}

func TestOptionsReportAllFaults(t *testing.T) {
	_, err := fetch.New(fetch.Options{Tries: -1, Idle: -1, MaxBytes: -1})
	want := "tries must be more than nothing\nidle must be more than nothing\nmax_bytes must be more than nothing"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	for _, url := range []string{"::", "http://a b/"} {
		c, err := fetch.New(quick())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(context.Background(), url); err == nil || strings.Contains(err.Error(), "tries") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// A password is for the server, and not for those who read what went wrong.
func TestErrorsHidePasswords(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	c, err := fetch.New(fetch.Options{Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Get(t.Context(), strings.Replace(server.URL, "http://", "http://me:secret@", 1)+"/x.jpg")
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "me:") {
		t.Errorf("error %v", err)
	}
}

// Ten files of 100 ms each over one connection take a second; none of them has
// been silent for more than 150 ms once it was its turn.
func TestWaitingForATurnIsNoSilence(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(100 * time.Millisecond)
		fmt.Fprint(w, "x")
	}))
	defer server.Close()
	opts := quick()
	opts.PerHost, opts.Tries, opts.Idle, opts.Timeout = 1, 1, 350*time.Millisecond, 700*time.Millisecond
	c, err := fetch.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := c.Get(context.Background(), server.URL); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A check that says so ends the tries; another one does not.
func TestFinalChecks(t *testing.T) {
	odd := errors.New("odd")
	for _, c := range []struct {
		fault error
		tries int
	}{{odd, 3}, {fetch.Final(odd), 1}} {
		opts := quick()
		opts.Check = func([]byte) error { return c.fault }
		_, tries, err := get(t, opts, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })
		if tries != c.tries || !errors.Is(err, odd) {
			t.Errorf("%v: %d tries, %v", c.fault, tries, err)
		}
	}
}
