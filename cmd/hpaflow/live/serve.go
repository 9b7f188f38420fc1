package live

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"os"
	"path"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hpaflow/flow/lang"
)

// assets are the page: what it is made of, by the path it has on the server.
//
//go:embed page
var assets embed.FS

var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// policy lets the page load what this server has, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Serve answers at an address while flows run: / is a live page, /events what it
// shows, as it comes, /state the same once, /report the report so far, /metrics
// Prometheus metrics, /debug/pprof the profiles.
func Serve(given string, b *Board, log io.Writer) (stop func(), err error) {
	listener, err := Listen(given)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: OnlyHosts(given, handler(b)), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(log, "hpaflow: http:", err)
		}
	}()
	address, open := Reachable(listener)
	fmt.Fprintf(log, "hpaflow: live page, metrics and profiles at http://%s/\n", address)
	if open {
		fmt.Fprintf(log, "hpaflow: %s is open to the network: whoever reaches it can read them\n", listener.Addr())
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close() // a profile that is still being taken ends with the run
		}
	}, nil
}

func handler(b *Board) http.Handler {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(&boardCollector{b}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", asset("page.html"))
	mux.HandleFunc("GET /page/{name}", func(w http.ResponseWriter, r *http.Request) { asset(r.PathValue("name"))(w, r) })
	mux.HandleFunc("GET /events", b.events)
	mux.HandleFunc("GET /look", b.look)
	mux.HandleFunc("GET /look/{number}", b.picture)
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		text, _, err := b.message(0)
		answer(w, text, err)
	})
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		text, err := b.report()
		answer(w, text, err)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", func(w http.ResponseWriter, _ *http.Request) {
		for _, word := range os.Args {
			io.WriteString(w, lang.Safe(word)+"\x00") // as pprof has it, but for passwords
		}
	})
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		mux.ServeHTTP(w, r)
	})
}

// asset answers with a piece of the page.
func asset(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := assets.ReadFile("page/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", types[path.Ext(name)])
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(text)
	}
}

func answer(w http.ResponseWriter, text []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(text)
}
