package flow

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// TestOneDigest draws a chain of stages, some records that fail or are
// dropped, memory and queue bounds, and checks that any worker counts, the
// tuner's too, give one and the same output.
func TestOneDigest(t *testing.T) {
	defer goleak.VerifyNone(t)
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t)
		want := plan.digest(t, 1)
		workers := rapid.SampledFrom([]int{0, 2, 3, 7}).Draw(t, "workers")
		if got := plan.digest(t, workers); got != want {
			t.Fatalf("workers %d: digest %x, with one worker %x", workers, got, want)
		}
	})
}

type plan struct {
	records, epochs int
	seed            uint64
	memory          int64
	stages          []string
	queue           int
}

func drawPlan(t *rapid.T) plan {
	return plan{
		records: rapid.IntRange(0, 300).Draw(t, "records"),
		epochs:  rapid.IntRange(1, 3).Draw(t, "epochs"),
		seed:    rapid.Uint64().Draw(t, "seed"),
		memory:  rapid.SampledFrom([]int64{1, 1000, 1 << 20}).Draw(t, "memory"),
		stages:  rapid.SliceOfN(rapid.SampledFrom([]string{"map", "batch"}), 1, 5).Draw(t, "stages"),
		queue:   rapid.IntRange(0, 3).Draw(t, "queue"),
	}
}

// digest runs the plan and hashes all that reaches its sink.
func (p plan) digest(t *rapid.T, workers int) uint64 {
	g := New(Options{OnError: OnErrorSkip, Seed: p.seed, Memory: p.memory, Workers: workers})
	out := Source(g, Stage{Name: "source"}, func(_ context.Context, to *Emitter[string]) error {
		for range p.epochs {
			for i := range p.records {
				if err := to.Emit(fmt.Sprint("k", i), fmt.Sprint(i)); err != nil {
					return err
				}
			}
			if err := to.EndEpoch(); err != nil {
				return err
			}
		}
		return nil
	})
	for i, kind := range p.stages {
		name := Stage{Name: fmt.Sprint(kind, i), Queue: p.queue}
		if kind == "map" {
			out = Map(out, name, p.mangle(name.Name))
		} else {
			out = Process(out, name, pairUp)
		}
	}
	sum := fnv.New64a()
	n := 0
	out = Process(out, Stage{Name: "hash"}, func(ctx context.Context, in *Reader[string], to *Emitter[string]) error {
		for {
			r, err := in.Next(ctx)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			dead := ""
			if r.Dead != nil {
				dead = r.Dead.String()
			}
			fmt.Fprintln(sum, r.Seq, r.Epoch, r.Key, r.Value, dead, r.Mark)
			n++
			if err := to.Forward(r); err != nil {
				return err
			}
		}
	})
	To(out, Stage{Name: "sink"}, &collector[string]{})
	if err := g.Run(context.Background()); err != nil {
		t.Fatalf("workers %d: %v", workers, err)
	}
	if marks := p.epochs; n < marks {
		t.Fatalf("%d records came out, fewer than the %d marks", n, marks)
	}
	if left := g.Stats().Memory; left != 0 {
		t.Fatalf("%d bytes are still booked after the run", left)
	}
	return sum.Sum64()
}

// mangle changes, drops, fails or panics, by what is drawn for the record.
func (p plan) mangle(stage string) func(context.Context, Record[string]) (string, error) {
	return func(_ context.Context, r Record[string]) (string, error) {
		draw := Rand(p.seed, r.Epoch, r.Key, stage)
		switch draw.IntN(20) {
		case 0:
			return "", errors.New("failed")
		case 1:
			return "", Skip("not wanted")
		case 2:
			panic("panicked")
		case 3:
			time.Sleep(time.Duration(draw.IntN(100)) * time.Microsecond)
		}
		return fmt.Sprint(r.Value, ".", draw.IntN(1000)), nil
	}
}

// pairUp joins values two by two, and ends a pair with the epoch.
func pairUp(ctx context.Context, in *Reader[string], out *Emitter[string]) error {
	var held *Record[string]
	flush := func() error {
		if held == nil {
			return nil
		}
		r := *held
		held = nil
		return out.Forward(r)
	}
	for {
		r, err := in.Next(ctx)
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return err
		}
		switch {
		case !r.IsValue():
			if r.Mark == EndEpoch {
				if err := flush(); err != nil {
					return err
				}
			}
			if err := out.Forward(r); err != nil {
				return err
			}
		case held == nil:
			held = &r
		default:
			held.Value += "+" + r.Value
			if err := flush(); err != nil {
				return err
			}
		}
	}
}
