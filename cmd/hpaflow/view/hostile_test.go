package view

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// giant is the head of a PNG that claims 60,000 pixels square.
func giant() []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, body []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
		at := len(b)
		b = append(append(b, kind...), body...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[at:]))
	}
	chunk("IHDR", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 60000), 60000), 8, 6, 0, 0, 0))
	chunk("IDAT", []byte("\x78\x9c"))
	return b
}

// Files that lie, are broken or go away are tiles that say why, and the rest is shown.
func TestBadFiles(t *testing.T) {
	dir := workplace(t)
	all := ids(24)
	if err := os.WriteFile(filepath.Join(dir, "rgby", all[12]+".png"), giant(), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "linked.csv")); err != nil {
		t.Fatal(err)
	}
	v := serve(t, filepath.Join(t.TempDir(), "c.csv"), dir)
	shard := filepath.Join(dir, "shards", "shard-00000.tar.zst")
	b, err := os.ReadFile(shard)
	if err != nil {
		t.Fatal(err)
	}
	b[100] ^= 1 // in the first sample's frame, behind the reader's back
	if err := os.WriteFile(shard, b, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "rgby", all[13]+".png")); err != nil {
		t.Fatal(err)
	}
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	for id, want := range map[string]string{
		all[0]:  "damaged",
		all[12]: "claims 60000 x 60000 pixels",
		all[13]: "no such file",
		all[22]: "png",
		all[23]: "red plane",
	} {
		var s struct{ Row int }
		v.json(t, "/api/sample?id="+escape(id), &s)
		var why struct{ Why string }
		r, _ := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/api/why?row=%d", v.url, s.Row), nil)
		code, body := v.do(t, r)
		if code == http.StatusOK {
			v.json(t, fmt.Sprintf("/api/why?row=%d", s.Row), &why)
		} else {
			why.Why = string(body)
		}
		if !strings.Contains(strings.ToLower(why.Why), want) {
			t.Errorf("%s: %d, %q, want %s", id, code, why.Why, want)
		}
	}
	var after runtime.MemStats
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 256<<20 {
		t.Errorf("to say so took %d MiB", (after.TotalAlloc-before.TotalAlloc)>>20)
	}
	if b := v.get(t, "/tile?row=5&side=64&look="); len(b) < 1000 {
		t.Errorf("another sample is %d bytes", len(b))
	}
}

func escape(id string) string {
	var b strings.Builder
	for i := range len(id) {
		fmt.Fprintf(&b, "%%%02x", id[i])
	}
	return b.String()
}

// Ten thousand requests at once are answered or refused, a bounded number at a time.
func TestManyRequests(t *testing.T) {
	requests := 10_000
	if testing.Short() {
		requests = 1000
	}
	v := serve(t, filepath.Join(t.TempDir(), "c.csv"), workplace(t))
	handler := v.handler()
	paths := []string{"/api/select?count=50", "/tile?row=%d&side=64", "/api/sample?row=%d", "/api/counts", "/", "/page/main.js"}
	var all sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	began := time.Now()
	for person := range 200 {
		all.Go(func() {
			for i := range requests / 200 {
				path := paths[(person+i)%len(paths)]
				if strings.Contains(path, "%d") {
					path = fmt.Sprintf(path, (person*7+i)%12)
				}
				r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
				r.AddCookie(&http.Cookie{Name: cookieName(r.Host), Value: v.token})
				w := httptest.NewRecorder()
				w.Body = nil
				handler.ServeHTTP(w, r)
				mu.Lock()
				codes[w.Code]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if codes[http.StatusOK]+codes[http.StatusServiceUnavailable] != requests || codes[http.StatusOK] == 0 {
		t.Errorf("%v of %d", codes, requests)
	}
	t.Logf("%d requests in %v: %v", requests, time.Since(began), codes)
}

// The server ends when it is told to, with what it reads.
func TestServeEnds(t *testing.T) {
	v := serve(t, filepath.Join(t.TempDir(), "c.csv"), workplace(t))
	ctx, cancel := context.WithCancel(t.Context())
	said, ended := &lockedBuffer{}, make(chan error)
	go func() { ended <- v.serve(ctx, ":0", said) }()
	for !strings.Contains(said.String(), "?token=") {
		time.Sleep(time.Millisecond)
	}
	url, _, _ := strings.Cut(said.String()[strings.Index(said.String(), "http://"):], "\n")
	answer, err := v.client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if !bytes.Contains(b, []byte("<title>hpaflow view</title>")) {
		t.Errorf("the page is %.80q", b)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// A name says nothing to a terminal but its letters.
func TestPrintable(t *testing.T) {
	if got := strings.Map(printable, "a\x1b[2J\u009b31m\x9b\u202e\u200b\u2028\x7f é→b"); got != "a[2J31m\ufffd é→b" {
		t.Errorf("%q", got)
	}
}
