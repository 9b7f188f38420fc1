package live

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"hpaflow/cmd/hpaflow/browsertest"
	"hpaflow/flow"
)

// testEyes take numbers for images, and texts for epochs.
type testEyes struct{}

func (testEyes) Shows(t reflect.Type) string {
	if t == reflect.TypeFor[int]() {
		return Pictures
	}
	return ""
}

func (testEyes) Copy(value any) func() Seen {
	return func() Seen {
		var b bytes.Buffer
		png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)))
		return Seen{Text: fmt.Sprint("the number ", value), PNG: b.Bytes()}
	}
}

func (testEyes) Trains(t reflect.Type) bool { return t == reflect.TypeFor[string]() }

func (testEyes) Epochs(value any) (list []Epoch) {
	for n := range len(value.(string)) {
		loss := 0.2 / float64(n+1)
		list = append(list, Epoch{Epoch: n, LR: 1e-3, Train: Scores{Loss: loss, F1: 0.5, Present: 1 - loss}, Val: &Scores{Loss: 1.2 * loss, F1: 0.4, Present: 1 - 1.5*loss}})
	}
	return list
}

// forked is a flow with a fork, a join and names of all lengths, whose augment
// limits it.
func forked(name string) *flow.Graph {
	g := flow.New(flow.Options{Name: name, OnError: flow.OnErrorSkip, Workers: 1})
	listed := flow.Source(g, flow.Stage{Name: "listed_samples_of_the_folder"}, func(_ context.Context, out *flow.Emitter[int]) error {
		out.Expect(1 << 20)
		for i := range 1 << 20 {
			if err := out.Emit(fmt.Sprintf("%d_A1_%d", i, i%3), i); err != nil {
				return err
			}
		}
		return nil
	})
	taking := func(stage string, takes time.Duration) flow.Out[int] {
		return flow.Map(listed, flow.Stage{Name: stage}, func(_ context.Context, r flow.Record[int]) (int, error) {
			if stage == "decode" && r.Value%97 == 5 {
				return 0, fmt.Errorf("%s_blue.png: unexpected EOF", r.Key)
			}
			time.Sleep(takes)
			return r.Value, nil
		})
	}
	listed = taking("decode", 0)
	decoded := listed
	augmented := taking("augment", 5*time.Millisecond)
	validation := taking("validation", 0)
	trained := flow.Process2(augmented, validation, flow.Stage{Name: "train"}, func(ctx context.Context, a, b *flow.Reader[int], out *flow.Emitter[string]) error {
		for n := 1; ; n++ {
			r, err := a.Next(ctx)
			if err != nil {
				return err
			}
			if _, err := b.Next(ctx); err != nil {
				return err
			}
			if n%20 == 0 {
				if err := out.Emit(r.Key, strings.Repeat("x", min(12, n/20))); err != nil {
					return err
				}
			}
		}
	})
	flow.To(trained, flow.Stage{Name: "checkpoints"}, flow.Discard[string]())
	flow.To(decoded, flow.Stage{Name: "files"}, flow.Discard[int]())
	return g
}

// In each of its states the page shows what the run does, and no text lies over
// another or is cut off.
func TestPage(t *testing.T) {
	browsertest.Browser(t)
	b := &Board{Run: "demo", Eyes: testEyes{}}
	defer b.Watch()()
	server := httptest.NewServer(handler(b))
	defer server.Close()
	p := browsertest.Open(t, server.URL)
	p.Wait(`$("phase").textContent === "waiting"`)
	p.Check(t, "waiting")

	b.Expect("", []string{"cells", "first", "score_of_the_submission"})
	b.Expect("first", []string{"train", "average"})
	first := flow.New(flow.Options{Name: "cells"})
	flow.To(flow.FromSlice(first, flow.Stage{Name: "cells"}, []int{1, 2, 3}), flow.Stage{Name: "raw"}, flow.Discard[int]())
	b.Follow(first, "cells", nil)
	if err := first.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Rest()
	b.Ended("cells", Done, "")

	ctx, cancel := context.WithCancel(t.Context())
	g := forked("train")
	b.Follow(g, "first/train", []string{"demo, step 2 of 3: first", "network, step 1 of 2: train"})
	g.Notify(b.Events(flow.Events{}))
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	defer cancel()
	g.Note("train", "epoch 0: lr 0.001, train loss 0.20000, macro F1 (labels present) 0.800")
	p.Wait(`document.querySelectorAll(".box").length === 7`)
	p.Wait(`$("advice").textContent.startsWith("augment")`)
	p.Wait(`document.querySelectorAll("#curves .curve").length === 4 && state.curves[0].epochs.length > 3`)
	for selector, want := range map[string]string{
		"#phase": "running", "#at": "network, step 1 of 2: train", ".box.limits .called": "augment", ".box.limits .is": "busy", ".box.limits .flag": "limits",
		"#causes": "decode", "#facts": "dead letters", "#step-list": "▶ running", "#notes": "train: epoch 0", ".rate": "/s", "#runs": "first/train",
	} {
		if text := p.Text(selector); !strings.Contains(text, want) {
			t.Errorf("%s shows %q, want %q", selector, text, want)
		}
	}
	if text := p.Text("#causes"); !strings.Contains(text, "…_blue.png: unexpected EOF") {
		t.Errorf("the causes are %q", text)
	}
	p.Check(t, "running")

	// By keyboard: a stage, what passes it, and a chart's values.
	browsertest.Eval[bool](p, `document.querySelector('[data-stage="decode"]').focus(), true`)
	p.Press(kb.Enter)
	p.Wait(`$("stage-name").textContent === "op decode" && document.querySelector('[data-stage="decode"]').getAttribute("aria-pressed") === "true"`)
	browsertest.Eval[bool](p, `$("look").focus(), true`)
	p.Press(" ")
	p.Wait(`document.querySelectorAll("#seen img").length > 1 && [...document.querySelectorAll("#seen img")].every(i => i.naturalWidth === 40)`)
	if text := p.Text("#seen"); !strings.Contains(text, "the number ") {
		t.Errorf("what passes is %q", text)
	}
	p.Check(t, "looking")
	browsertest.Eval[bool](p, `document.querySelector("#charts svg").focus(), true`)
	p.Press(kb.ArrowLeft)
	p.Wait(`document.querySelector("#charts .head span").textContent.includes(" at ")`)

	cancel()
	<-done
	b.Rest()
	b.Ended("first/train", Interrupted, "")
	b.Finish(End{Code: 130, State: Interrupted, Cause: "interrupted; the same command goes on"})
	p.Wait(`$("phase").textContent === "interrupted" && events === null`)
	p.Check(t, "interrupted")

	var page bytes.Buffer
	if err := b.WritePage(&page, `<html lang="en" data-report="hpaflow">`); err != nil {
		t.Fatal(err)
	}
	alone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			return
		}
		if r.URL.Path != "/" {
			t.Errorf("a report asks for %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "text/html")
		w.Write(page.Bytes())
	}))
	defer alone.Close()
	report := browsertest.Open(t, alone.URL)
	report.Wait(`$("phase").textContent === "interrupted" && document.querySelectorAll(".box").length === 7 && !$("history").hidden`)
	report.Check(t, "report")
}

// A run on a cluster shows units and workers.
func TestPageOfACluster(t *testing.T) {
	browsertest.Browser(t)
	worker := map[string]any{"worker": "node-17.cluster.example-4711", "unit": 12, "delivery": 2, "records": 40, "of": 100,
		"done": map[string]any{"units": 3, "records": 300, "dead_letters": 1, "failed": 0}, "trouble": "unit 11: store: connection reset by peer"}
	b := &Board{Run: "rgby", Cluster: func() any {
		return map[string]any{"flow": "rgby", "units": 40, "done": 10, "in_flight": 2, "waiting": 28, "units_per_s": 0.21, "left_s": 143, "workers": []any{worker, worker},
			"workers_did": map[string]any{"records": 1000, "dead_letters": 1, "redelivered": 1, "failed": 1}, "failures": []any{map[string]any{"worker": "node-17", "cause": "connection reset", "at": time.Now()}}}
	}}
	defer b.Watch()()
	server := httptest.NewServer(handler(b))
	defer server.Close()
	p := browsertest.Open(t, server.URL)
	defer b.Finish(End{State: Done}) // or the server waits for the page
	p.Wait(`!$("cluster").hidden`)
	if text := p.Text("#counts"); !strings.Contains(text, "10 of 40 units done") || !strings.Contains(text, "about 2 min 23 s left") {
		t.Errorf("the counts are %q", text)
	}
	p.Check(t, "cluster")
}
