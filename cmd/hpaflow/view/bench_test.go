//go:build unix

package view

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hpaflow/cmd/hpaflow/view/inputs"
	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/flow/component"
)

var tableDir = flag.String("table", "", "folder of what bench/view.py makes, for BenchmarkMillion")

// BenchmarkMillion measures what the page waits for, of a million samples.
func BenchmarkMillion(b *testing.B) {
	if *tableDir == "" {
		b.Skip("needs -table, the folder of what bench/view.py makes")
	}
	found, err := inputs.Find(b.Context(), []string{filepath.Join(*tableDir, "train.csv"), filepath.Join(*tableDir, "first.csv")})
	if err != nil {
		b.Fatal(err)
	}
	s, err := newServer(options{Found: found, Registry: &component.Registry{}, Classes: 28, Names: data.LabelNames, Corrections: filepath.Join(b.TempDir(), "c.csv"), Cache: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	s.load(b.Context())
	read := time.Since(began)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for i, path := range []string{"select?count=100", "select?sort=p&label=3&back=1&count=100", "select?sort=id&count=100", "select?sort=unsure&count=100", "select?sort=error&back=1&count=100", "select?text=ab1&count=100", "select?has=3&not=5&count=100",
		"select?verdict=fp:3&count=100", "select?verdict=wrong:-1&count=100", "select?p=0:3:.5:1&sort=p&label=3&count=100", "counts?has=3", "counts?", "scores?", "curve?label=3", "together?"} {
		b.Run(path, func(b *testing.B) {
			for n := range b.N {
				answered, w := s.handler(), &nowhere{}
				r, _ := http.NewRequest(http.MethodGet, fmt.Sprintf("http://localhost/api/%s&x=%d.%d", path, i, n), nil) // never asked before
				r.AddCookie(&http.Cookie{Name: cookieName(r.Host), Value: s.token})
				answered.ServeHTTP(w, r)
				if w.code > 200 {
					b.Fatalf("%d", w.code)
				}
			}
			b.ReportMetric(read.Seconds(), "s/read")
			b.ReportMetric(float64(m.HeapAlloc>>20), "MiB/index")
		})
	}
}

// processor is how much time of processors this process has used.
func processor() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// nowhere takes answers.
type nowhere struct {
	code   int
	header http.Header
}

func (w *nowhere) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (w *nowhere) WriteHeader(code int)        { w.code = code }

// BenchmarkTiles makes small pictures of samples of 512 pixels, four planes of 8 bits, in
// shards, each for the first time.
func BenchmarkTiles(b *testing.B) {
	dir := b.TempDir()
	const samples = 600
	w, err := shards.Create(dir, shards.Planes, shards.Options{})
	if err != nil {
		b.Fatal(err)
	}
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range samples {
		im := data.NewImage(512, 512, 4, 8)
		for _, p := range im.Planes {
			for k := range p.U8 {
				x, y := k%512, k/512
				if (x/97+y/83+i)%3 == 0 {
					p.U8[k] = uint8(40 + noise.IntN(60))
				} else {
					p.U8[k] = uint8(noise.IntN(6))
				}
			}
		}
		frame, err := shards.EncodeSample(&data.Sample{ID: fmt.Sprintf("1_%d", i), Image: im}, shards.Huffman)
		if err == nil {
			err = w.Add(frame)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		b.Fatal(err)
	}
	b.Run("made", func(b *testing.B) {
		made, took, cpu := 0, time.Duration(0), time.Duration(0)
		for range b.N {
			found, err := inputs.Find(b.Context(), []string{dir})
			if err != nil {
				b.Fatal(err)
			}
			s, err := newServer(options{Found: found, Registry: &component.Registry{}, Classes: 28, Corrections: filepath.Join(b.TempDir(), "c.csv"), Cache: 256 << 20})
			if err != nil {
				b.Fatal(err)
			}
			s.load(b.Context())
			handler, began, before := s.handler(), time.Now(), processor()
			var next atomic.Int64
			var all sync.WaitGroup
			for range 6 { // as many as a browser asks for at once
				all.Go(func() {
					for i := next.Add(1) - 1; i < samples; i = next.Add(1) - 1 {
						r, _ := http.NewRequest(http.MethodGet, fmt.Sprintf("http://localhost/tile?row=%d&side=160", i), nil)
						r.AddCookie(&http.Cookie{Name: cookieName(r.Host), Value: s.token})
						w := &nowhere{}
						if handler.ServeHTTP(w, r); w.code > 200 {
							b.Errorf("%d", w.code)
						}
					}
				})
			}
			all.Wait()
			made += samples
			took += time.Since(began)
			cpu += processor() - before
			s.close()
		}
		b.ReportMetric(float64(made)/took.Seconds(), "tiles/s")
		b.ReportMetric(cpu.Seconds()*1000/float64(made), "cpu-ms/tile")
	})
}
