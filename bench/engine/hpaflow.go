package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"hpaflow/flow"
)

// engine is one of those compared.
type engine struct {
	name string
	run  func(workload) result
}

func engines() []engine {
	return []engine{{"hpaflow", runHpaflow}, {"go-streams", runGoStreams}, {"rill ordered", runRill}}
}

// runHpaflow wires a case as a graph.
func runHpaflow(c workload) result {
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	s := &seen[int]{number: func(n int) int { return n }}
	switch c.shape {
	case ints:
		out := generate(g, c, func(n int) int { return n })
		for i := range 3 {
			out = stage(out, c, i, only(c, i, c.double))
		}
		flow.To(out, flow.Stage{Name: "sink"}, s)
	case rows:
		parsed := stage(generate(g, c, row), c, 0, c.parse)
		flow.To(flow.Map(parsed, flow.Stage{Name: "filter", Workers: c.workers}, func(_ context.Context, r flow.Record[int]) (int, error) {
			if !wanted(r.Value) {
				return 0, flow.Skip("odd")
			}
			return r.Value, nil
		}), flow.Stage{Name: "sink"}, s)
	case fork:
		src := generate(g, c, func(n int) int { return n })
		a, b, d := stage(src, c, 0, c.double), stage(src, c, 1, plain(c).double), stage(src, c, 2, plain(c).double)
		flow.To(join(join(a, b, "join 1"), d, "join 2"), flow.Stage{Name: "sink"}, s)
	case slow:
		out := stage(generate(g, c, func(n int) int { return n }), c, 0, c.double)
		flow.To(stage(stage(out, c, 1, c.pause), c, 2, plain(c).double), flow.Stage{Name: "sink"}, s)
	case large:
		out := generate(g, c, newBlock)
		for i := range 3 {
			out = stage(out, c, i, only(c, i, c.touch))
		}
		blocks := &seen[*block]{number: func(b *block) int { return b.n }}
		flow.To(out, flow.Stage{Name: "sink"}, blocks)
		return finish(g, &blocks.result)
	}
	return finish(g, &s.result)
}

func finish(g *flow.Graph, r *result) result {
	if err := g.Run(context.Background()); err != nil {
		fail(err)
	}
	r.told = g.Stats().DeadLetters == 1
	return *r
}

func generate[T any](g *flow.Graph, c workload, make func(int) T) flow.Out[T] {
	return flow.Source(g, flow.Stage{Name: "source"}, func(_ context.Context, out *flow.Emitter[T]) error {
		for n := range c.records {
			if err := out.Emit("", make(n)); err != nil {
				return err
			}
		}
		return nil
	})
}

func stage[A, B any](in flow.Out[A], c workload, i int, work func(A) (B, error)) flow.Out[B] {
	return flow.Map(in, flow.Stage{Name: fmt.Sprint("map ", i), Workers: c.workers}, func(_ context.Context, r flow.Record[A]) (B, error) {
		return work(r.Value)
	})
}

// join adds up two streams; a record that has failed on one side fails.
func join(a, b flow.Out[int], name string) flow.Out[int] {
	return flow.Process2(a, b, flow.Stage{Name: name}, func(ctx context.Context, a, b *flow.Reader[int], out *flow.Emitter[int]) error {
		for {
			x, err := a.Next(ctx)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			y, err := b.Next(ctx)
			if err != nil {
				return err
			}
			x.Value += y.Value
			if err := out.Forward(x); err != nil {
				return err
			}
		}
	})
}

// plain is the case without its planted error.
func plain(c workload) workload {
	c.failAt = 0
	return c
}

// only plants the error in the first of several stages that do the same.
func only[T any](c workload, i int, work func(T) (T, error)) func(T) (T, error) {
	if i == 0 || c.failAt == 0 {
		return work
	}
	return func(v T) (T, error) { return v, nil }
}

// seen is a sink that looks at the order.
type seen[T any] struct {
	number func(T) int
	result
}

func (s *seen[T]) Open(context.Context) error { return nil }
func (s *seen[T]) Write(_ context.Context, r flow.Record[T]) error {
	s.see(s.number(r.Value))
	return nil
}
func (s *seen[T]) Commit(context.Context) error { return nil }
func (s *seen[T]) Abort() error                 { return nil }

// latency is how long a lone record takes through three idle maps.
func latency(table *tabwriter.Writer) error {
	const records = 300
	g := flow.New(flow.Options{})
	arrived := make(chan time.Time)
	var took []time.Duration
	out := flow.Source(g, flow.Stage{Name: "source"}, func(_ context.Context, out *flow.Emitter[time.Time]) error {
		for range records {
			time.Sleep(time.Millisecond)
			sent := time.Now()
			if err := out.Emit("", sent); err != nil {
				return err
			}
			took = append(took, (<-arrived).Sub(sent))
		}
		return nil
	})
	for i := range 3 {
		out = stage(out, workload{workers: 1}, i, func(t time.Time) (time.Time, error) { return t, nil })
	}
	flow.To(out, flow.Stage{Name: "sink"}, &arrivals{at: arrived})
	if err := g.Run(context.Background()); err != nil {
		return err
	}
	slices.Sort(took)
	fmt.Fprintf(table, "lone record, 3 idle maps\thpaflow\t%.1f\t\t\tyes\t\t\n", float64(took[records/2].Nanoseconds())/1000)
	return nil
}

// arrivals tells when each record came.
type arrivals struct {
	seen[time.Time]
	at chan<- time.Time
}

func (a *arrivals) Write(context.Context, flow.Record[time.Time]) error {
	a.at <- time.Now()
	return nil
}
