package flow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"hpaflow/flow"
)

// holder is a sink that holds some keys, and gathers those that come.
type holder struct {
	has   map[string]bool
	came  []string
	asked []string
}

func (h *holder) Open(context.Context) error   { return nil }
func (h *holder) Commit(context.Context) error { return nil }
func (h *holder) Abort() error                 { return nil }

func (h *holder) Write(_ context.Context, r flow.Record[string]) error {
	h.came = append(h.came, r.Key)
	return nil
}

func (h *holder) Complete(key string) bool { return h.has[key] }

func (h *holder) CompleteFrom(key string, from flow.Origin) (bool, error) {
	h.asked = append(h.asked, fmt.Sprintf("%s of %d", key, from.Shortcut()))
	return h.has[key], nil
}

type number uint64

func (n number) Shortcut() uint64        { return uint64(n) }
func (n number) Digest() (uint64, error) { return uint64(n), nil }

// halves makes A_1 and A_2 of A, but for what it cannot tell of.
func halves(_ context.Context, key string, from flow.Origin) ([]string, flow.Origin, error) {
	if key == "bad" {
		return nil, nil, errors.New("not to be told")
	}
	var each flow.Origin
	if from != nil {
		each = number(from.Shortcut() + 100)
	}
	return []string{key + "_1", key + "_2"}, each, nil
}

// Sinks behind an op that makes several records of one are asked about these: what
// they hold all of is passed by, and of the rest what they lack is made. Sinks
// before the op are asked about the one.
func TestSeveral(t *testing.T) {
	whole := &holder{has: map[string]bool{"A": true, "B": true}}
	parts := &holder{has: map[string]bool{"A_1": true, "A_2": true, "B_2": true, "C_1": true, "C_2": true}}
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	keys := []string{"A", "B", "C", "bad"}
	in := flow.Source(g, flow.Stage{Name: "in"}, func(_ context.Context, out *flow.Emitter[string]) error {
		for i, key := range keys {
			if complete, err := out.CompleteFrom(key, number(i+1)); err != nil || complete {
				if err != nil {
					return err
				}
				continue
			}
			if err := out.Emit(key, key); err != nil {
				return err
			}
		}
		return nil
	})
	g.OnSeveral("split", halves)
	out := flow.Process(in, flow.Stage{Name: "split"}, func(ctx context.Context, in *flow.Reader[string], out *flow.Emitter[string]) error {
		for {
			r, err := in.Next(ctx)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			held := g.Held("split", r.Key)
			if again := g.Held("split", r.Key); again != nil {
				t.Errorf("%s was told twice: %v", r.Key, again)
			}
			list, _, err := halves(ctx, r.Key, nil)
			if err != nil {
				if err := out.Fail(r.Key, err); err != nil {
					return err
				}
			}
			for _, key := range list {
				if !held[key] {
					if err := out.Emit(key, key); err != nil {
						return err
					}
				}
			}
		}
	})
	flow.To(in, flow.Stage{Name: "whole"}, whole)
	flow.To(out, flow.Stage{Name: "parts"}, parts)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"B", "C", "bad"}; !slices.Equal(whole.came, want) {
		t.Errorf("before the op came %v, want %v", whole.came, want)
	}
	if want := []string{"B_1"}; !slices.Equal(parts.came, want) { // all of C is held, and C came for the other sink
		t.Errorf("behind the op came %v, want %v", parts.came, want)
	}
	if want := []string{"A_1 of 101", "A_2 of 101", "B_1 of 102", "B_2 of 102", "C_1 of 103", "C_2 of 103"}; !slices.Equal(parts.asked, want) {
		t.Errorf("asked about %v, want %v", parts.asked, want)
	}
	if st := g.Stats(); st.Stages[0].Complete != 1 {
		t.Errorf("%d were complete, want 1", st.Stages[0].Complete)
	}
}
