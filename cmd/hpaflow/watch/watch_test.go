package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/flow"
)

// served is a run with a server, whose flow has ended.
func served(t *testing.T) (b *live.Board, base string) {
	t.Helper()
	b = &live.Board{Run: "job"}
	var log bytes.Buffer
	stop, err := live.Serve(":0", b, &log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	t.Cleanup(b.Watch())
	g := flow.New(flow.Options{Name: "count"})
	flow.To(flow.FromSlice(g, flow.Stage{Name: "numbers"}, []int{1, 2, 3}), flow.Stage{Name: "end"}, flow.Discard[int]())
	b.Follow(g, "", nil)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Rest()
	_, after, _ := strings.Cut(log.String(), "at ")
	return b, strings.TrimSuffix(strings.TrimSpace(after), "/")
}

// A run is told of as it goes, and ends with its code.
func TestWatch(t *testing.T) {
	b, base := served(t)
	go func() {
		time.Sleep(100 * time.Millisecond)
		b.Finish(live.End{State: live.Done, Code: 3})
	}()
	var out bytes.Buffer
	end, err := watch(t.Context(), base, time.Minute, &lines{out: &out})
	if err != nil || end.Code != 3 {
		t.Errorf("code %d, %v", end.Code, err)
	}
	if said := out.String(); !strings.HasPrefix(said, "job: running, 3/3, ") || !strings.Contains(said, "\njob: done, 3/3, ") {
		t.Errorf("said %s", said)
	}
}

// A connection that breaks is made anew, and what was known before it is kept; of what
// is not there, and of what is no run, it is said.
func TestWatchGoesOn(t *testing.T) {
	b, base := served(t)
	times := 0
	flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if times++; times == 2 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		if times > 2 {
			b.Finish(live.End{State: live.Failed, Code: 1, Cause: "decode: x: no\nroom"})
		}
		ctx, cancel := context.WithTimeout(r.Context(), 300*time.Millisecond)
		defer cancel()
		request, _ := http.NewRequestWithContext(ctx, http.MethodGet, base+r.URL.Path, nil)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		w.Header().Set("Content-Type", "text/event-stream")
		for buffer := make([]byte, 1<<16); ; {
			n, err := answer.Body.Read(buffer)
			w.Write(buffer[:n])
			w.(http.Flusher).Flush()
			if err != nil {
				return
			}
		}
	}))
	defer flaky.Close()
	var out bytes.Buffer
	end, err := watch(t.Context(), flaky.URL, time.Minute, &lines{out: &out})
	if err != nil || end.Code != 1 || times != 3 {
		t.Errorf("code %d, %v, after %d connections", end.Code, err, times)
	}
	for _, want := range []string{"job: running", "the run does not answer: unexpected EOF", `job: failed, 3/3`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "does not answer"); n != 1 {
		t.Errorf("that it does not answer is said %d times:\n%s", n, out.String())
	}

	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	if _, err := watch(t.Context(), other.URL, 50*time.Millisecond, &lines{out: &out}); err == nil || !errors.Is(err, errNoRun) || !strings.Contains(err.Error(), "404") {
		t.Errorf("of what is no run: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := watch(ctx, "http://127.0.0.1:1", time.Minute, &lines{out: &out}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

type failing struct{ lines }

func (failing) show(live.State, []live.Point) error { return errors.New("nobody reads") }

func TestWatchEndsWithItsReader(t *testing.T) {
	_, base := served(t)
	if _, err := watch(t.Context(), base, time.Minute, &failing{lines{out: &bytes.Buffer{}}}); err == nil || err.Error() != "nobody reads" {
		t.Errorf("error %v", err)
	}
}

// The picture has what matters, in the room that there is.
func TestScreen(t *testing.T) {
	s := live.State{
		Run: "demo", Phase: live.Running, Flow: "train", Number: 2, At: "demo, step 2 of 3", Seconds: 75, Out: 1456, Total: 4000, Rate: 162, Left: 15.7,
		Memory: 96 << 10, Limit: 1 << 30, Letters: 18, Cores: 1.5, Of: 2, Cause: "",
		Now: &live.Verdict{Stage: "augment", Advice: "augment 100% busy"},
		Stages: []live.StageState{
			{Name: "listed_samples_of_the_folder_with_a_long_name", State: live.StageBlocked, Blocked: 1, Workers: 1},
			{Name: "augment", State: live.StageBusy, Busy: .9, Starved: .1, Rate: 160, Queued: 256, Room: 256, Workers: 2, Errors: 3},
		},
		Lost:   []live.Lost{{Stage: "decode", Cause: "…: unexpected EOF\x1b[2J", Count: 18}},
		Curves: []live.Curve{{Epochs: []live.Epoch{{Epoch: 3, Train: live.Scores{Loss: .1}, Val: &live.Scores{Loss: .2, F1: .5, Present: .75}}}}},
		Steps:  []live.StepState{{Name: "cells", State: live.Done, Wall: 12, Records: 700}, {Name: "train", State: live.Running}}, StepsOf: [2]int{1, 2},
	}
	points := []live.Point{{At: 30, Span: 30, Rate: 10}, {At: 60, Span: 30, Rate: 200}}
	for _, width := range []int{40, 80, 200} {
		var out bytes.Buffer
		scr := &screen{out: &out, size: func() (int, int) { return width, 30 }}
		if err := errors.Join(scr.show(s, points), scr.away(errors.New("reset by peer"), 9*time.Second), scr.close(&s)); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if !strings.HasPrefix(text, otherScreen+home) || !strings.Contains(text, ownScreen) || strings.Contains(text, "\x1b[2J") {
			t.Errorf("%q", text)
		}
		drawn, _, _ := strings.Cut(text, restOfAll)
		lines := strings.Split(strings.TrimPrefix(drawn, otherScreen+home), "\r\n")
		for _, l := range lines {
			if w := runewidth.StringWidth(strings.TrimSuffix(l, restOfLine)); w > width {
				t.Errorf("a line of %d columns in a terminal of %d: %q", w, width, l)
			}
		}
		if width < 200 {
			continue
		}
		for _, want := range []string{"demo · train  running", "1456/4000, 162/s, about 15.7s left", "18 dead letters", "bottleneck: augment 100% busy", "> augment", "busy 90%", "███████████·",
			"256/256", "3 failed", "blocked 100%", "▁", "█", "steps: 1 of 2 done", "epoch 3: training loss 0.1000, validation loss 0.2000", "18 × decode", "the run does not answer: reset by peer; tried again for 9s"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, strings.Join(lines, "\n"))
			}
		}
	}
}

func TestBase(t *testing.T) {
	for given, want := range map[string]string{
		":6060": "http://localhost:6060", "6060": "http://localhost:6060", "node:1": "http://node:1", "[::1]:7": "http://[::1]:7",
		"http://node:6060/": "http://node:6060", "https://node/x?y": "https://node", "node": "", "ftp://node": "", "http://": "",
	} {
		got, err := baseOf(given)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v, want %q", given, got, err, want)
		}
		if err != nil && !strings.Contains(fmt.Sprint(err), "want :6060") {
			t.Errorf("%s: %v", given, err)
		}
	}
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[float64]string{0.26: "300ms", 59: "59s", 60: "1m", 190: "3m10s", 600: "10m", 3600: "1h0m", 3661: "1h1m1s"} {
		if got := span(seconds); got != want {
			t.Errorf("%g seconds are %s, want %s", seconds, got, want)
		}
	}
}
