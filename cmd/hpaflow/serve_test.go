package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"hpaflow/flow"
)

// busyGraph computes in a stage called "decode" until it is cancelled.
func busyGraph() *flow.Graph {
	g := flow.New(flow.Options{Name: "busy"})
	src := flow.Source(g, flow.Stage{Name: "src"}, func(_ context.Context, out *flow.Emitter[int]) error {
		for i := 0; ; i++ {
			if err := out.Emit("k", i); err != nil {
				return err
			}
		}
	})
	work := flow.Map(src, flow.Stage{Name: "decode"}, func(_ context.Context, r flow.Record[int]) (int, error) {
		x := uint64(r.Value)
		for range 1 << 16 {
			x = x*6364136223846793005 + 1442695040888963407
		}
		return int(x >> 33), nil
	})
	flow.To(work, flow.Stage{Name: "sink"}, flow.Discard[int]())
	return g
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := busyGraph()
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	defer func() { cancel(); <-done }()

	var log bytes.Buffer
	stop, err := serve("127.0.0.1:0", g, &log)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, url, _ := strings.Cut(strings.TrimSpace(log.String()), "at ")
	get := func(path string) []byte {
		t.Helper()
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		return b
	}

	for g.Stats().Stages[1].Out == 0 {
		time.Sleep(time.Millisecond)
	}
	if page := get(""); !bytes.Contains(page, []byte("<title>hpaflow</title>")) {
		t.Errorf("the live page is %.80q", page)
	}
	var report struct {
		Flow   string
		Stages []struct {
			Name string
			Out  int
		}
	}
	if err := json.Unmarshal(get("report"), &report); err != nil || report.Flow != "busy" || len(report.Stages) != 3 || report.Stages[1].Out == 0 {
		t.Errorf("report: %+v, %v", report, err)
	}
	metrics := string(get("metrics"))
	for _, want := range []string{`hpaflow_stage_workers{kind="op",stage="decode"}`, "hpaflow_memory_limit_bytes", "go_goroutines", "process_cpu_seconds_total"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	p, err := profile.ParseData(get("debug/pprof/profile?seconds=1"))
	if err != nil {
		t.Fatal(err)
	}
	labelled := 0
	for _, s := range p.Sample {
		if len(s.Label["stage"]) == 1 && s.Label["stage"][0] == "decode" {
			labelled++
		}
	}
	if labelled == 0 {
		t.Errorf("none of %d samples carries the label stage=decode", len(p.Sample))
	}
}

func TestServeRefusesABadAddress(t *testing.T) {
	if _, err := serve("nowhere:http:80", busyGraph(), io.Discard); err == nil || !strings.HasPrefix(err.Error(), "--http: ") {
		t.Errorf("error %v", err)
	}
}
