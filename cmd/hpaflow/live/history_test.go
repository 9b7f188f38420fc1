package live

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hpaflow/flow"
)

// However long a run is and however short its flows are, its points are bounded, in
// order and without gaps, and together they say what the run did.
func TestHistoryHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h History
		at, records, most, flows := 0.0, 0.0, int64(0), 1
		var seen []Point // as one who follows has them
		for range rapid.IntRange(1, 2500).Draw(t, "samples") {
			if rapid.IntRange(0, 9).Draw(t, "next") == 0 {
				flows++
			}
			span := rapid.Float64Range(0.01, 1).Draw(t, "span")
			at += span
			p := Point{At: at, Span: span, Flow: flows, Rate: rapid.Float64Range(0, 1e4).Draw(t, "rate"), Memory: rapid.Int64Range(0, 1<<40).Draw(t, "memory"),
				Queues: make([]float64, flows%3), Busy: make([]float64, flows%3)}
			records, most = records+p.Rate*span, max(most, p.Memory)
			from := h.add(p)
			if from > len(seen) {
				t.Fatalf("point %d of %d is new", from, len(seen))
			}
			seen = append(seen[:from], h.Points[from:]...)
		}
		if len(h.Points) > mostPoints {
			t.Fatalf("%d points", len(h.Points))
		}
		end, sum, highest := 0.0, 0.0, int64(0)
		for i, p := range h.Points {
			if math.Abs(p.At-p.Span-end) > 1e-6 || i > 0 && p.Flow < h.Points[i-1].Flow {
				t.Fatalf("point %d begins at %g, the one before ended at %g", i, p.At-p.Span, end)
			}
			end, sum, highest = p.At, sum+p.Rate*p.Span, max(highest, p.Memory)
		}
		if math.Abs(end-at) > 1e-6 || math.Abs(sum-records) > 1e-6*max(1, records) || highest != most {
			t.Fatalf("it ends at %g of %g, with %g of %g records and %d of %d bytes", end, at, sum, records, highest, most)
		}
		if !slices.EqualFunc(seen, h.Points, func(a, b Point) bool { return a.At == b.At && a.Span == b.Span && a.Rate == b.Rate }) {
			t.Fatal("who follows has other points")
		}
	})
}

// Causes are counted without the keys, bounded, and none is lost from the sum.
func TestLost(t *testing.T) {
	var l lost
	for i := range 1000 {
		l.add(1, flow.DeadLetter{Key: fmt.Sprintf("sample_%d", i), Stage: "decode", Cause: fmt.Sprintf("sample_%d_blue.png: no room", i), File: "f", Time: time.Now()})
	}
	l.add(1, flow.DeadLetter{Key: "x", Stage: "gather", Cause: "it lacks a channel", Skipped: true})
	list := l.view()
	if len(list) != 2 || list[0].Count != 1000 || list[0].Cause != "…_blue.png: no room" || len(list[0].Keys) != mostKeys || list[0].Keys[mostKeys-1] != "sample_999" || !list[1].Skipped {
		t.Errorf("%+v", list)
	}
	for f := range 50 {
		for i := range 200 {
			l.add(f+2, flow.DeadLetter{Key: "k", Stage: "s", Cause: fmt.Sprint("cause ", i)})
		}
	}
	if n := len(l.view()); n > 2*mostCauses {
		t.Errorf("%d causes are kept", n)
	}
}

// Of a run of any number of epochs a bounded number is kept, with the last; one that
// goes on from an earlier epoch takes the place of those after it.
func TestCurve(t *testing.T) {
	c := &Curve{}
	for n := range 10000 {
		c.add(Epoch{Epoch: n})
	}
	if n := len(c.Epochs); n > mostEpochs || c.Epochs[n-1].Epoch != 9999 || c.Epochs[0].Epoch > 5000 {
		t.Errorf("%d epochs, the last one %d", len(c.Epochs), c.Epochs[n-1].Epoch)
	}
	c = &Curve{}
	for _, n := range []int{0, 1, 2, 3, 1, 2} {
		c.add(Epoch{Epoch: n})
	}
	if len(c.Epochs) != 3 {
		t.Errorf("%+v", c.Epochs)
	}
}

// Units of one flow add up, and steps have their own counters and states.
func TestBoardAddsUnits(t *testing.T) {
	b := &Board{}
	b.Expect("", []string{"a", "b"})
	b.Expect("b", []string{"x", "y"})
	for unit := range 3 {
		g := flow.New(flow.Options{Name: "units", OnError: flow.OnErrorSkip})
		some := flow.Map(flow.FromSlice(g, flow.Stage{Name: "src"}, []int{1, 2, 3, 4}), flow.Stage{Name: "some"}, func(_ context.Context, r flow.Record[int]) (int, error) {
			if r.Value == 4 && unit == 1 {
				return 0, errors.New("no")
			}
			return r.Value, nil
		})
		flow.To(some, flow.Stage{Name: "sink"}, flow.Discard[int]())
		b.Follow(g, "a", nil)
		g.Notify(b.Events(flow.Events{}))
		if err := g.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.Rest()
	b.Ended("a", Done, "")
	b.Ended("b", Failed, "it broke")
	s := b.State()
	if s.Number != 1 || s.Out != 12 || s.Letters != 1 || len(s.Lost) != 1 || s.Stages[1].Out != 11 {
		t.Errorf("%+v", s)
	}
	if len(s.Steps) != 3 || s.Steps[0].State != Done || s.Steps[0].Records != 12 || s.Steps[0].Letters != 1 || s.Steps[1].Name != "b/x" || s.Steps[1].State != Waiting {
		t.Errorf("%+v", s.Steps)
	}
	for range 300 {
		b.steps = append(b.steps, StepState{State: Waiting})
	}
	b.steps[200].State = Running
	if s := b.State(); len(s.Steps) != mostSteps || s.Steps[mostSteps/2].State != Running || s.StepsOf != [2]int{1, 303} {
		t.Errorf("%d steps, %v", len(s.Steps), s.StepsOf)
	}
	if len(b.History().Points) != 1 {
		t.Errorf("%+v", b.History())
	}
}
