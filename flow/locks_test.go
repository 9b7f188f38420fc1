package flow_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"hpaflow/flow"
)

// locked is a sink that notes what is asked of it.
type locked struct {
	name  string
	fault error
	calls *[]string
}

func (s *locked) note(what string) { *s.calls = append(*s.calls, what+" "+s.name) }

func (s *locked) Lock() (func() error, error) {
	s.note("lock")
	return func() error { s.note("unlock"); return nil }, s.fault
}
func (s *locked) Open(context.Context) error                    { s.note("open"); return nil }
func (s *locked) Write(context.Context, flow.Record[int]) error { return nil }
func (s *locked) Commit(context.Context) error                  { s.note("commit"); return nil }
func (s *locked) Abort() error                                  { s.note("abort"); return nil }

// All outputs are locked before any is opened: a run that is refused has
// touched none.
func TestLocksComeFirst(t *testing.T) {
	busy := errors.New("another run is writing")
	for _, c := range []struct {
		fault error
		want  []string
	}{
		{nil, []string{"lock a", "lock b", "open a", "open b", "commit a", "commit b", "unlock a", "unlock b"}},
		{busy, []string{"lock a", "lock b", "unlock a"}},
	} {
		var calls []string
		g := flow.New(flow.Options{})
		values := flow.FromSlice(g, flow.Stage{Name: "values"}, []int{1})
		flow.To(values, flow.Stage{Name: "a"}, &locked{"a", nil, &calls})
		flow.To(values, flow.Stage{Name: "b"}, &locked{"b", c.fault, &calls})
		if err := g.Run(t.Context()); !errors.Is(err, c.fault) {
			t.Errorf("the run ended with %v, want %v", err, c.fault)
		}
		if !slices.Equal(calls, c.want) {
			t.Errorf("the sinks were asked %q, want %q", calls, c.want)
		}
	}
}

// origin is a number that a record is made from.
type origin uint64

func (o origin) Shortcut() uint64        { return 0 }
func (o origin) Digest() (uint64, error) { return uint64(o), nil }

// picky has results of some origins.
type picky struct {
	locked
	has   map[string]origin
	fault error
}

func (s *picky) Complete(key string) bool { return s.has[key] != 0 }
func (s *picky) CompleteFrom(key string, from flow.Origin) (bool, error) {
	return s.has[key] == from.(origin), s.fault
}

// A record counts as complete when every sink has it of the origin it has now.
func TestCompleteFrom(t *testing.T) {
	for _, fault := range []error{nil, errors.New("changed")} {
		var calls, yielded []string
		g := flow.New(flow.Options{})
		list := map[string]origin{"a": 1, "b": 2, "c": 3}
		values := flow.Source(g, flow.Stage{Name: "values"}, func(_ context.Context, out *flow.Emitter[int]) error {
			for _, key := range []string{"a", "b", "c"} {
				complete, err := out.CompleteFrom(key, list[key])
				if err == nil && !complete {
					yielded = append(yielded, key)
					err = out.Emit(key, 0)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		flow.To(values, flow.Stage{Name: "s"}, &picky{locked{"s", nil, &calls}, map[string]origin{"a": 1, "b": 9, "c": 3}, fault})
		flow.To(values, flow.Stage{Name: "t"}, &picky{locked{"t", nil, &calls}, map[string]origin{"a": 1, "b": 2}, nil})
		err := g.Run(t.Context())
		if !errors.Is(err, fault) {
			t.Errorf("the run ended with %v, want %v", err, fault)
		}
		if fault == nil && !slices.Equal(yielded, []string{"b", "c"}) {
			t.Errorf("%q were yielded", yielded)
		}
		if n := g.Stats().Stages[0].Complete; fault == nil && n != 1 {
			t.Errorf("%d are complete", n)
		}
	}
}

// Every record that failed or was skipped is named: to the stage that reads
// dead letters, and after the run.
func TestLosses(t *testing.T) {
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	values := flow.FromSlice(g, flow.Stage{Name: "values"}, []int{0, 1, 2, 3, 4, 5})
	odd := flow.Map(values, flow.Stage{Name: "odd", Workers: 1}, func(_ context.Context, r flow.Record[int]) (int, error) {
		switch r.Value {
		case 1:
			return 0, errors.New("is odd")
		case 2, 4:
			return 0, flow.Skip("is even")
		}
		return r.Value, nil
	})
	flow.To(odd, flow.Stage{Name: "nowhere"}, flow.Discard[int]())
	var letters []string
	flow.ForEach(g.DeadLetters(), flow.Stage{Name: "letters"}, func(d flow.DeadLetter) error {
		if d.Skipped {
			d.Cause += " (skipped)"
		}
		letters = append(letters, d.Key+" "+d.Cause)
		return nil
	})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(letters)
	if want := []string{"1 is odd", "2 is even (skipped)", "4 is even (skipped)"}; !slices.Equal(letters, want) {
		t.Errorf("letters %q, want %q", letters, want)
	}
	s := g.Stats()
	failed, skipped := slices.Collect(s.Failed.All()), slices.Collect(s.Skipped.All())
	if s.DeadLetters != 1 || len(failed) != 1 || failed[0].Key != "1" || len(skipped) != 2 || skipped[1] != (flow.Loss{Key: "4", Stage: "odd", Cause: "is even"}) {
		t.Errorf("%d dead letters, failed %v, skipped %v", s.DeadLetters, failed, skipped)
	}
}
