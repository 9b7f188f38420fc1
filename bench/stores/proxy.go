package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// faults stand between a program and a store that speaks S3, and make of it one that
// is far away, busy, or wrong.
type faults struct {
	delay time.Duration // before each answer
	busy  float64       // the share of requests that are answered 503 SlowDown
	lost  float64       // the share whose answer never comes: what was asked for has been done
	cut   float64       // the share of bodies that end too early
	late  time.Duration // what is as young is not listed

	mu  sync.Mutex
	put map[string]time.Time // when, by bucket/key

	requests, refused, unanswered, short, hidden atomic.Int64
}

// proxy serves the store at target with faults, and says how many there were when
// standard input ends.
func proxy(args []string) error {
	f := &faults{put: map[string]time.Time{}}
	set := flag.NewFlagSet("stores proxy", flag.ExitOnError)
	set.DurationVar(&f.delay, "delay", 0, "before each answer")
	set.Float64Var(&f.busy, "busy", 0, "share of requests that are answered 503 SlowDown")
	set.Float64Var(&f.lost, "lost", 0, "share of requests that are done and not answered")
	set.Float64Var(&f.cut, "cut", 0, "share of bodies that end too early")
	set.DurationVar(&f.late, "late", 0, "what is as young is not listed")
	set.Parse(args)
	target, err := url.Parse(set.Arg(0))
	if err != nil || target.Host == "" {
		return fmt.Errorf("usage: stores proxy [FLAGS] http://HOST:PORT")
	}
	address, err := free()
	if err != nil {
		return err
	}
	through := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // which is signed
		},
		ModifyResponse: f.answered,
		ErrorLog:       log.New(io.Discard, "", 0),
		Transport:      &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		fmt.Printf("%d requests: %d refused, %d not answered, %d cut off, %d not listed\n",
			f.requests.Load(), f.refused.Load(), f.unanswered.Load(), f.short.Load(), f.hidden.Load())
		os.Exit(0)
	}()
	fmt.Println("http://" + address)
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		time.Sleep(f.delay)
		if f.falls(f.busy) {
			f.refused.Add(1)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
			return
		}
		if f.falls(f.lost) {
			f.unanswered.Add(1)
			through.ServeHTTP(nobody{}, r)
			panic(http.ErrAbortHandler)
		}
		through.ServeHTTP(w, r)
	}))
}

func (f *faults) falls(share float64) bool { return share > 0 && rand.Float64() < share }

// nobody is who is not answered.
type nobody struct{}

func (nobody) Header() http.Header         { return http.Header{} }
func (nobody) Write(p []byte) (int, error) { return len(p), nil }
func (nobody) WriteHeader(int)             {}

func (f *faults) answered(r *http.Response) error {
	at := strings.Trim(r.Request.URL.Path, "/")
	switch {
	case r.Request.Method == http.MethodPut || r.Request.Method == http.MethodPost:
		f.mu.Lock()
		f.put[at] = time.Now()
		f.mu.Unlock()
	case f.late > 0 && r.Request.Method == http.MethodGet && r.Request.URL.Query().Has("list-type"):
		return f.listed(r, at)
	case r.Request.Method == http.MethodGet && r.StatusCode < 300 && r.ContentLength > 1 && f.falls(f.cut):
		f.short.Add(1)
		r.Body = &cut{r.Body, rand.Int64N(r.ContentLength)}
	}
	return nil
}

// cut is a body that ends too early.
type cut struct {
	io.ReadCloser
	left int64
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

var (
	contents = regexp.MustCompile(`(?s)<Contents>.*?</Contents>`)
	key      = regexp.MustCompile(`(?s)<Key>(.*?)</Key>`)
)

// listed leaves out what is young.
func (f *faults) listed(r *http.Response, bucket string) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	f.mu.Lock()
	text = contents.ReplaceAllFunc(text, func(entry []byte) []byte {
		name := key.FindSubmatch(entry)
		if name != nil && time.Since(f.put[bucket+"/"+string(name[1])]) < f.late {
			f.hidden.Add(1)
			return nil
		}
		return entry
	})
	f.mu.Unlock()
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", fmt.Sprint(len(text)))
	return nil
}
