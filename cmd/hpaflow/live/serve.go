package live

import (
	"context"
	_ "embed" // the live page
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hpaflow/flow/lang"
)

//go:embed live.html
var livePage []byte

// Serve answers at an address while flows run: / is a live page, /report the
// report so far, /metrics Prometheus metrics, /debug/pprof the profiles.
func Serve(given string, b *Board, log io.Writer) (stop func(), err error) {
	addr, err := listenAddress(given)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--http: %w", err)
	}
	server := &http.Server{Handler: onlyHosts(given, handler(b)), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(log, "hpaflow: http:", err)
		}
	}()
	fmt.Fprintf(log, "hpaflow: live page, metrics and profiles at http://%s/\n", reachable(listener.Addr()))
	if !loopback(listener.Addr()) {
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

// reachable is an address a browser on this machine can be pointed at.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return fmt.Sprintf("localhost:%d", tcp.Port)
}

func handler(b *Board) http.Handler {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(&boardCollector{b}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(livePage)
	})
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		text, err := b.report()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(text)
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
	return mux
}
