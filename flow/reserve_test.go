package flow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"hpaflow/flow"
)

// held is a value of a size.
type held int64

func (h held) Bytes() int64 { return int64(h) }

// However many workers there are, what their records reserve stays within the
// run's bound, but for the one that the next stage waits for; and a record that
// takes more by itself is refused with what it needs.
func TestReserve(t *testing.T) {
	const limit = 1 << 20
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip, Memory: limit, Workers: 8})
	var letters []string
	g.Notify(flow.Events{Dead: func(d flow.DeadLetter) { letters = append(letters, d.Cause) }})
	sizes := make([]int64, 200)
	for i := range sizes {
		sizes[i] = limit / 4
	}
	sizes[100] = limit + 1
	source := flow.FromSlice(g, flow.Stage{Name: "sizes"}, sizes)
	made := flow.Map(source, flow.Stage{Name: "make"}, func(ctx context.Context, r flow.Record[int64]) (held, error) {
		if err := flow.Reserve(ctx, r.Value/2, 0); err != nil { // what is known first is not all
			return 0, err
		}
		return held(r.Value / 2), flow.Reserve(ctx, r.Value, r.Value/2)
	})
	var got []held
	flow.Collect(made, flow.Stage{Name: "all"}, &got)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(sizes)-1 || len(letters) != 1 || !strings.Contains(letters[0], "needs 1048705 bytes of memory, and the run has 1048576; to allow it, give --memory 2MiB or more") {
		t.Errorf("%d values, %q", len(got), letters)
	}
	if peak := g.Stats().MemoryPeak; peak > limit+limit/4+limit/8 || peak < limit/4 {
		t.Errorf("%d bytes in flight, of %d", peak, limit)
	}
	if now := g.Stats().Memory; now != 0 {
		t.Errorf("%d bytes are left", now)
	}
}

// A worker that waits for memory ends with the run.
func TestReserveEndsWithTheRun(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	g := flow.New(flow.Options{Memory: 1 << 20, Workers: 4})
	source := flow.FromSlice(g, flow.Stage{Name: "n"}, make([]int64, 8))
	made := flow.Map(source, flow.Stage{Name: "make"}, func(ctx context.Context, r flow.Record[int64]) (held, error) {
		if err := flow.Reserve(ctx, 1<<19, 0); err != nil {
			return 0, err
		}
		if r.Seq == 0 {
			cancel(cause)
			<-ctx.Done()
		}
		return 1 << 19, nil
	})
	flow.ForEach(made, flow.Stage{Name: "all"}, func(held) error { return nil })
	if err := g.Run(ctx); !errors.Is(err, cause) {
		t.Error(err)
	}
	if err := flow.Reserve(t.Context(), 1<<40, 0); err != nil {
		t.Errorf("outside of a stage: %v", err)
	}
}

// One record goes beyond the run's bound, and only where nothing is under way
// behind it: while a slow stage further on is at work, all before it wait.
func TestReserveWaitsForWhatIsUnderWay(t *testing.T) {
	const limit, size = 1 << 20, 1 << 20 / 5
	g := flow.New(flow.Options{Memory: limit, Workers: 3})
	out := flow.Map(flow.FromSlice(g, flow.Stage{Name: "n"}, make([]int, 30)), flow.Stage{Name: "make"},
		func(ctx context.Context, r flow.Record[int]) (held, error) { return size, flow.Reserve(ctx, size, 0) })
	for i := range 8 {
		out = flow.Map(out, flow.Stage{Name: fmt.Sprint("hand on ", i)},
			func(ctx context.Context, r flow.Record[held]) (held, error) { return r.Value, nil })
	}
	out = flow.Map(out, flow.Stage{Name: "slow"}, func(ctx context.Context, r flow.Record[held]) (held, error) {
		err := flow.Reserve(ctx, limit/2, 0)
		time.Sleep(time.Millisecond)
		return r.Value, err
	})
	var got []held
	flow.Collect(out, flow.Stage{Name: "all"}, &got)
	if err := g.Run(t.Context()); err != nil || len(got) != 30 {
		t.Fatal(len(got), err)
	}
	if peak := g.Stats().MemoryPeak; peak > limit*8/5 {
		t.Errorf("%.2f of the bound in flight", float64(peak)/limit)
	}
}

// Of two stages that read one output, the quick one does not have the other's
// records pile up.
func TestMemoryOfTwoReaders(t *testing.T) {
	const limit, size = 1 << 20, 1 << 19
	for _, leaves := range []bool{false, true} {
		g := flow.New(flow.Options{Memory: limit, Workers: 4})
		made := flow.Map(flow.FromSlice(g, flow.Stage{Name: "n"}, make([]int, 50)), flow.Stage{Name: "make"},
			func(context.Context, flow.Record[int]) (held, error) { return size, nil })
		slow := flow.Map(made, flow.Stage{Name: "slow"}, func(context.Context, flow.Record[held]) (held, error) {
			time.Sleep(time.Millisecond)
			return 1, nil
		})
		quick := flow.Process(made, flow.Stage{Name: "quick"}, func(ctx context.Context, in *flow.Reader[held], out *flow.Emitter[held]) error {
			for !leaves {
				if _, err := in.Next(ctx); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
			}
			return nil
		})
		flow.To(slow, flow.Stage{Name: "all"}, flow.Discard[held]())
		flow.To(quick, flow.Stage{Name: "none"}, flow.Discard[held]())
		if err := g.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if peak := g.Stats().MemoryPeak; peak > 5*limit/2 {
			t.Errorf("leaves %v: %.2f of the bound in flight", leaves, float64(peak)/limit)
		}
	}
}
