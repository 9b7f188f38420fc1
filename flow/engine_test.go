package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// count is a source of the numbers 0..n-1.
func count(g *Graph, n int) Out[int] {
	return Source(g, Stage{Name: "count"}, func(_ context.Context, out *Emitter[int]) error {
		for i := range n {
			if err := out.Emit(fmt.Sprint(i), i); err != nil {
				return err
			}
		}
		return nil
	})
}

// collector is a sink that keeps what it is given.
type collector[T any] struct {
	mu                         sync.Mutex
	got                        []T
	opened, committed, aborted int
	fail                       func(Record[T]) error
	commitErr                  error
}

func (c *collector[T]) Open(context.Context) error { c.opened++; return nil }
func (c *collector[T]) Write(_ context.Context, r Record[T]) error {
	if c.fail != nil {
		if err := c.fail(r); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, r.Value)
	return nil
}
func (c *collector[T]) Commit(context.Context) error { c.committed++; return c.commitErr }
func (c *collector[T]) Abort() error                 { c.aborted++; return nil }

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func identity(_ context.Context, r Record[int]) (int, error) { return r.Value, nil }

// TestParallelStagesKeepOrder passes 20,000 items through stages whose workers
// finish out of order.
func TestParallelStagesKeepOrder(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	jitter := func(_ context.Context, r Record[int]) (int, error) {
		if rand.IntN(100) == 0 {
			time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
		}
		return r.Value, nil
	}
	a := Map(count(g, 20000), Stage{Name: "a", Workers: 4}, jitter)
	b := Map(a, Stage{Name: "b", Workers: 8}, jitter)
	var sink collector[int]
	To(b, Stage{Name: "sink"}, &sink)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sink.got, upTo(20000)) {
		t.Fatal("items came out of order or went missing")
	}
	if sink.committed != 1 || sink.aborted != 0 {
		t.Fatalf("committed %d times, aborted %d times", sink.committed, sink.aborted)
	}
}

// TestFailingSinkFailsTheRun has a sink that fails on its 4th of 10 writes.
func TestFailingSinkFailsTheRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	cause := errors.New("disk full")
	for _, policy := range []ErrorPolicy{OnErrorFail, OnErrorSkip} {
		g := New(Options{OnError: policy})
		sink := collector[int]{fail: func(r Record[int]) error {
			if r.Value == 3 {
				return cause
			}
			return nil
		}}
		To(Map(count(g, 10), Stage{Name: "map"}, identity), Stage{Name: "sink"}, &sink)
		err := g.Run(t.Context())
		var at *StageError
		if !errors.As(err, &at) || at.Stage != "sink" || at.Key != "3" || !errors.Is(err, cause) {
			t.Fatalf("%s: run returned %v", policy, err)
		}
		if sink.committed != 0 || sink.aborted != 1 || len(sink.got) != 3 {
			t.Fatalf("%s: committed %d, aborted %d, wrote %d", policy, sink.committed, sink.aborted, len(sink.got))
		}
	}
}

func TestCancelHasACauseAndLeaksNothing(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	g := New(Options{})
	slow := func(ctx context.Context, r Record[int]) (int, error) {
		if r.Value == 100 {
			cancel(cause)
		}
		return r.Value, nil
	}
	var sink collector[int]
	To(Map(count(g, 1<<40), Stage{Name: "map", Workers: 3}, slow), Stage{Name: "sink"}, &sink)
	if err := g.Run(ctx); !errors.Is(err, cause) {
		t.Fatalf("run returned %v", err)
	}
	if sink.committed != 0 || sink.aborted != 1 {
		t.Fatalf("committed %d, aborted %d", sink.committed, sink.aborted)
	}
}

func TestPanicIsARecordError(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{OnError: OnErrorSkip})
	odd := func(_ context.Context, r Record[int]) (int, error) {
		if r.Value == 7 {
			panic("seven")
		}
		return r.Value, nil
	}
	var sink collector[int]
	var dead collector[DeadLetter]
	To(Map(count(g, 20), Stage{Name: "odd", Workers: 4}, odd), Stage{Name: "sink"}, &sink)
	To(g.DeadLetters(), Stage{Name: "dead"}, &dead)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := slices.Delete(upTo(20), 7, 8); !slices.Equal(sink.got, want) {
		t.Fatalf("got %v", sink.got)
	}
	if len(dead.got) != 1 || dead.got[0].Key != "7" || dead.got[0].Stage != "odd" ||
		dead.got[0].Cause != "panic: seven" || !strings.Contains(dead.got[0].Stack, "TestPanicIsARecordError") {
		t.Fatalf("dead letters: %+v", dead.got)
	}
	if s := g.Stats(); s.DeadLetters != 1 || s.Stages[1].Errors != 1 || s.Stages[1].Out != 19 {
		t.Fatalf("stats: %+v", s)
	}
}

// A panic that a stage's own goroutine caught and its function raised again is
// told with the stack it brings.
func TestPanicHandedOn(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{OnError: OnErrorSkip})
	var dead collector[DeadLetter]
	To(Map(count(g, 1), Stage{Name: "odd"}, func(context.Context, Record[int]) (int, error) {
		panic(&PanicError{Value: "zero", Stack: []byte("elsewhere")})
	}), Stage{Name: "sink"}, &collector[int]{})
	To(g.DeadLetters(), Stage{Name: "dead"}, &dead)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(dead.got) != 1 || dead.got[0].Cause != "panic: zero" || dead.got[0].Stack != "elsewhere" {
		t.Fatalf("dead letters: %+v", dead.got)
	}
}
