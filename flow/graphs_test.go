package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// TestRandomGraphs draws a graph of maps, batches, forks and joins, with
// records that fail, are dropped or cost time, and checks that every sink gets
// the same whatever the workers and the room on the edges, and so however long
// runs are; and when the run is cancelled, the beginning of the same.
func TestRandomGraphs(t *testing.T) {
	defer goleak.VerifyNone(t)
	records := 0 // of which every one was found, or its tombstone
	defer func() { t.Logf("%d records", records) }()
	rapid.Check(t, func(t *rapid.T) {
		d := drawGraph(t)
		want, err := d.run(1, 1, -1)
		if err != nil {
			t.Fatal(err)
		}
		workers := rapid.SampledFrom([]int{0, 1, 2, 5}).Draw(t, "workers")
		queue := rapid.SampledFrom([]int{0, 0, 2, 7, 70, 1000}).Draw(t, "queue")
		got, err := d.run(workers, queue, -1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("sink %d got %d records, with one worker and no runs %d, or others", i, len(got[i]), len(want[i]))
			}
			records += len(want[i])
		}
		cut, err := d.run(workers, queue, rapid.IntRange(0, 2*d.records).Draw(t, "cancel at"))
		if err != nil && !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		for i := range want {
			if len(cut[i]) > len(want[i]) || !slices.Equal(cut[i], want[i][:len(cut[i])]) {
				t.Fatalf("cancelled, sink %d got what it would not get otherwise", i)
			}
		}
	})
}

var errEnough = errors.New("enough")

// drawn is a graph as it was drawn: each step changes one of the open outputs,
// adds one, or joins two.
type drawn struct {
	records, epochs int
	memory          int64
	steps           []drawnStep
}

type drawnStep struct {
	kind string
	at   int // the output it works on
	seed uint64
}

func drawGraph(t *rapid.T) drawn {
	step := rapid.Custom(func(t *rapid.T) drawnStep {
		return drawnStep{
			kind: rapid.SampledFrom([]string{"map", "map", "pair", "fork", "diamond", "join"}).Draw(t, "kind"),
			at:   rapid.IntRange(0, 9).Draw(t, "at"), seed: rapid.Uint64().Draw(t, "seed"),
		}
	})
	return drawn{
		records: rapid.IntRange(0, 1500).Draw(t, "records"),
		epochs:  rapid.IntRange(1, 2).Draw(t, "epochs"),
		memory:  rapid.SampledFrom([]int64{1, 5000, 1 << 20, 1 << 40}).Draw(t, "memory"),
		steps:   rapid.SliceOfN(step, 1, 7).Draw(t, "steps"),
	}
}

// run gives what each sink was given, as text, and the run's cause.
func (d drawn) run(workers, queue, cancelAt int) ([][]string, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	g := New(Options{OnError: OnErrorSkip, Memory: d.memory, Workers: workers})
	outs := []Out[uint64]{d.source(g, "source 1"), d.source(g, "source 2")}
	joined := false       // outputs of one source would wait for each other in a join
	dropped := uint64(20) // one in so many; none beside a diamond, for one of its sides could wait behind them for ever
	if slices.ContainsFunc(d.steps, func(s drawnStep) bool { return s.kind == "diamond" }) {
		dropped = 0
	}
	for i, s := range d.steps {
		stage := func(what string) Stage { return Stage{Name: fmt.Sprint(what, i), Queue: queue} }
		at := s.at % len(outs)
		in := outs[at]
		switch {
		case s.kind == "map":
			outs[at] = Map(in, stage("map"), s.work(dropped))
		case s.kind == "pair":
			outs[at] = Process(in, stage("pair"), addPairs)
		case s.kind == "fork":
			outs = append(outs, Map(in, stage("fork"), s.work(dropped)))
		case s.kind == "diamond":
			left, right := Map(in, stage("left"), s.work(dropped)), Map(in, stage("right"), s.work(dropped))
			outs[at] = Process2(left, right, stage("diamond"), alternate)
		case !joined && len(outs) == 2:
			outs, joined = []Out[uint64]{Process2(outs[0], outs[1], stage("join"), alternate)}, true
		}
	}
	got := make([][]string, len(outs))
	for i, out := range outs {
		seen := Process(out, Stage{Name: fmt.Sprint("see", i), Queue: queue}, func(ctx context.Context, in *Reader[uint64], out *Emitter[uint64]) error {
			for {
				r, err := in.Next(ctx)
				if err != nil {
					return ignoreEOF(err)
				}
				r.Key = fmt.Sprint(r.Seq, r.Epoch, r.Key, r.Value, r.Mark, r.Dead != nil)
				r.Mark, r.Dead = 0, nil
				if err := out.Forward(r); err != nil {
					return err
				}
			}
		})
		To(seen, Stage{Name: fmt.Sprint("sink", i), Queue: queue}, &collector[uint64]{fail: func(r Record[uint64]) error {
			if got[i] = append(got[i], r.Key); len(got[i]) == cancelAt {
				cancel(errEnough)
			}
			return nil
		}})
	}
	err := g.Run(ctx)
	if left := g.Stats().Memory; err == nil && left != 0 {
		err = fmt.Errorf("%d bytes are still booked after the run", left)
	}
	return got, err
}

func (d drawn) source(g *Graph, name string) Out[uint64] {
	return Source(g, Stage{Name: name}, func(_ context.Context, out *Emitter[uint64]) error {
		for range d.epochs {
			for i := range d.records {
				if err := out.Emit("", uint64(i)); err != nil {
					return err
				}
			}
			if err := out.EndEpoch(); err != nil {
				return err
			}
		}
		return nil
	})
}

// work mixes a value; some records fail, panic or cost time, and one in
// dropped is dropped.
func (s drawnStep) work(dropped uint64) func(context.Context, Record[uint64]) (uint64, error) {
	return func(_ context.Context, r Record[uint64]) (uint64, error) {
		v := (r.Value ^ s.seed) * 0x9e3779b97f4a7c15
		v ^= v >> 29
		switch {
		case v%97 == 0:
			return 0, errors.New("failed")
		case v%97 == 1:
			panic("panicked")
		case dropped > 0 && v%dropped == 2:
			return 0, Skip("dropped")
		case v%997 == 3:
			time.Sleep(time.Duration(v % 300_000))
		case v%31 == 4:
			spin(time.Duration(v % 10_000))
		}
		return v, nil
	}
}

// addPairs adds values two by two.
func addPairs(ctx context.Context, in *Reader[uint64], out *Emitter[uint64]) error {
	var held *uint64
	for {
		r, err := in.Next(ctx)
		if err != nil {
			return ignoreEOF(err)
		}
		if r.IsValue() {
			if held == nil {
				held = &r.Value
				continue
			}
			r.Value, held = r.Value+*held, nil
			err = out.Emit("pair", r.Value)
		} else {
			err = out.Forward(r)
		}
		if err != nil {
			return err
		}
	}
}

// alternate yields the records of two inputs in turn, and what is left of one.
func alternate(ctx context.Context, a, b *Reader[uint64], out *Emitter[uint64]) error {
	for open := []*Reader[uint64]{a, b}; len(open) > 0; {
		r, err := open[0].Next(ctx)
		if errors.Is(err, io.EOF) {
			open = open[1:]
			continue
		}
		if err == nil {
			err = out.Forward(r)
		}
		if err != nil {
			return err
		}
		if len(open) == 2 {
			open[0], open[1] = open[1], open[0]
		}
	}
	return nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
