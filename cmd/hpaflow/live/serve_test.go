package live

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
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
	shown := &Board{}
	shown.Follow(g, "a/b", []string{"job, step 1 of 2: a"})
	stop, err := Serve(":0", shown, &log)
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
		Flow, Step, At string
		Ended          bool
		Stages         []struct {
			Name string
			Out  int
		}
	}
	if err := json.Unmarshal(get("report"), &report); err != nil || report.Flow != "busy" || report.Step != "a/b" || report.At == "" || report.Ended || len(report.Stages) != 3 || report.Stages[1].Out == 0 {
		t.Errorf("report: %+v, %v", report, err)
	}
	metrics := string(get("metrics"))
	for _, want := range []string{`hpaflow_stage_workers{flow="busy",kind="op",stage="decode",step="a/b"}`, "hpaflow_memory_limit_bytes", "go_goroutines", "process_cpu_seconds_total"} {
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
	if _, err := Serve("nowhere:http:80", &Board{}, io.Discard); err == nil || !strings.HasPrefix(err.Error(), `--http is "nowhere:http:80", want :6060`) {
		t.Errorf("error %v", err)
	}
}

// A port alone is of this machine; what else may be reached is said.
func TestServeIsOpenOnlyWhenAsked(t *testing.T) {
	for _, c := range []struct {
		given   string
		network bool
		hosts   string // that are answered
		others  string // that are not
	}{
		{":0", false, "localhost:1 127.0.0.1 [::1]:7 LOCALHOST", "evil.example 10.0.0.7 0.0.0.0 localhost.evil.example"},
		{"0", false, "localhost", "evil.example"},
		{"localhost:0", false, "localhost", "evil.example"},
		{"127.0.0.1:0", false, "localhost 127.0.0.1 10.0.0.7", "evil.example"},
		{"0.0.0.0:0", true, "localhost 10.0.0.7:99 [fe80::1]", "evil.example my-host"},
	} {
		var log bytes.Buffer
		stop, err := Serve(c.given, &Board{}, &log)
		if err != nil {
			t.Fatal(err)
		}
		url, _, _ := strings.Cut(log.String()[strings.Index(log.String(), "http://"):], "\n")
		if open := strings.Contains(log.String(), "is open to the network"); open != c.network {
			t.Errorf("%s: %s", c.given, log.String())
		}
		for hosts, want := range map[string]int{c.hosts: http.StatusOK, c.others: http.StatusMisdirectedRequest} {
			for host := range strings.FieldsSeq(hosts) {
				request, _ := http.NewRequest(http.MethodGet, url+"report", nil)
				request.Host = host
				answer, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				if answer.StatusCode != want {
					t.Errorf("%s asked for as %s: %s", c.given, host, answer.Status)
				}
			}
		}
		stop()
	}
}

// What one step has counted is still there when the next one runs, and there
// is an answer between them.
func TestBoardKeepsStepsApart(t *testing.T) {
	b := &Board{}
	if text, err := b.report(); err != nil || string(text) != "{}" {
		t.Errorf("before the first: %s, %v", text, err)
	}
	for _, step := range []string{"first", "second"} {
		g := flow.New(flow.Options{Name: "same"})
		flow.To(flow.FromSlice(g, flow.Stage{Name: "src"}, []int{1, 2, 3}), flow.Stage{Name: "sink"}, flow.Discard[int]())
		b.Follow(g, step, nil)
		if err := g.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Rest()
		if text, err := b.report(); err != nil || !strings.Contains(string(text), `"ended":true`) || !strings.Contains(string(text), step) {
			t.Errorf("after %s: %s, %v", step, text, err)
		}
	}
	answer := httptest.NewRecorder()
	handler(b).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, step := range []string{"first", "second"} {
		if want := `hpaflow_stage_records_out_total{flow="same",kind="source",stage="src",step="` + step + `"} 3`; !strings.Contains(answer.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, answer.Body)
		}
	}
}
