package live

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/machine"
)

// BenchmarkWatching tells what share of a processor a flow of 10,000 small records a
// second takes: by itself, and while a page follows it. Run it with -benchtime 3x.
func BenchmarkWatching(b *testing.B) {
	const lasts, every = 4 * time.Second, 100
	for _, watched := range []bool{false, true} {
		name := map[bool]string{false: "alone", true: "followed"}[watched]
		b.Run(name, func(b *testing.B) {
			var took time.Duration
			for range b.N {
				g := flow.New(flow.Options{Name: "small"})
				out := flow.Source(g, flow.Stage{Name: "numbers"}, func(_ context.Context, out *flow.Emitter[int]) error {
					for began, n := time.Now(), 0; time.Since(began) < lasts; time.Sleep(time.Until(began.Add(time.Duration(n) * 100 * time.Microsecond))) {
						for range every {
							if err := out.Emit("k", n); err != nil {
								return err
							}
							n++
						}
					}
					return nil
				})
				for _, stage := range []string{"one", "two", "three"} {
					out = flow.Map(out, flow.Stage{Name: stage, Workers: 2}, func(_ context.Context, r flow.Record[int]) (int, error) { return r.Value, nil })
				}
				flow.To(out, flow.Stage{Name: "end"}, flow.Discard[int]())
				stop := func() {}
				if watched {
					stop = followed(b, g)
				}
				before := machine.ProcessTime()
				if err := g.Run(b.Context()); err != nil {
					b.Fatal(err)
				}
				took += machine.ProcessTime() - before
				stop()
			}
			b.ReportMetric(100*took.Seconds()/(lasts.Seconds()*float64(b.N)), "%core")
		})
	}
}

// followed serves a graph to one who reads what is sent.
func followed(b *testing.B, g *flow.Graph) (stop func()) {
	board := &Board{Eyes: testEyes{}}
	rest := board.Watch()
	server := httptest.NewServer(handler(board))
	answer, err := http.Get(server.URL + "/events")
	if err != nil {
		b.Fatal(err)
	}
	read := make(chan int)
	go func() {
		lines := 0
		for in := bufio.NewScanner(answer.Body); in.Scan(); lines++ {
		}
		answer.Body.Close()
		read <- lines
	}()
	board.Follow(g, "", nil)
	return func() {
		board.Rest()
		rest()
		board.Finish(End{State: Done})
		if lines := <-read; lines < 3 {
			b.Errorf("%d lines were sent", lines)
		}
		server.Close()
	}
}
