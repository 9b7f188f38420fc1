package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"hpaflow/flow"
)

// passes yields three records in each of three passes; the second of each fails.
func passes(g *flow.Graph, name string) flow.Out[int] {
	return flow.Source(g, flow.Stage{Name: name}, func(_ context.Context, out *flow.Emitter[int]) error {
		for out.Epoch() < 3 {
			for i := range 3 {
				key := fmt.Sprint(out.Epoch(), i)
				if i == 1 {
					if err := out.Fail(key, errors.New("bad")); err != nil {
						return err
					}
				} else if !out.Complete(key) {
					if err := out.Emit(key, i); err != nil {
						return err
					}
				}
			}
			if err := out.EndEpoch(); err != nil {
				return err
			}
		}
		return nil
	})
}

// A run that resumes yields what comes after the place where the earlier one
// stood, from the sources that are told so, and what is left undone can be told.
func TestResumeInsideAPass(t *testing.T) {
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	a, b := passes(g, "a"), passes(g, "b")
	var train, val []string
	collect := func(name string, in flow.Out[int], seen *[]string) flow.Out[int] {
		return flow.Process(in, flow.Stage{Name: name}, func(ctx context.Context, in *flow.Reader[int], out *flow.Emitter[int]) error {
			for {
				r, err := in.Next(ctx)
				if err != nil {
					return nil
				}
				if r.IsValue() {
					*seen = append(*seen, fmt.Sprintf("%s#%d", r.Key, r.Seq))
				}
			}
		})
	}
	x := flow.Map(a, flow.Stage{Name: "through"}, func(_ context.Context, r flow.Record[int]) (int, error) { return r.Value, nil })
	if got := x.Sources(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("sources %v", got)
	}
	flow.To(collect("train", x, &train), flow.Stage{Name: "s1"}, discard{})
	flow.To(collect("val", b, &val), flow.Stage{Name: "s2"}, discard{})
	g.OnResume(func(r *flow.Resume) error {
		if r.State != "mine" {
			return errors.New("not mine")
		}
		r.Records = map[string]int64{"a": 2}
		return nil
	})
	if err := g.ResumeFrom(flow.Resume{Epochs: 2, State: "other"}); err == nil || g.Resume().Epochs != 0 {
		t.Errorf("a refused state: %v, %+v", err, g.Resume())
	}
	if err := g.ResumeFrom(flow.Resume{Epochs: 1, State: "mine"}); err != nil {
		t.Fatal(err)
	}
	if err := g.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"1 2#2", "2 0#3", "2 2#5"}; !slices.Equal(train, want) {
		t.Errorf("train saw %v, want %v", train, want)
	}
	if want := []string{"1 0#0", "1 2#2", "2 0#3", "2 2#5"}; !slices.Equal(val, want) {
		t.Errorf("val saw %v, want %v", val, want)
	}
	if dead := g.Stats().DeadLetters; dead != 3 {
		t.Errorf("%d dead letters, want 3: the one passed by is of the earlier run", dead)
	}
}

type discard struct{}

func (discard) Open(context.Context) error                    { return nil }
func (discard) Write(context.Context, flow.Record[int]) error { return nil }
func (discard) Commit(context.Context) error                  { return nil }
func (discard) Abort() error                                  { return nil }
