package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/metrics"
	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/cpu"
)

// late is a device that works ahead of its results, as a card does: they are
// known when a batch is submitted, and told later.
type late struct {
	models.Device
	ahead   int
	results []models.Step
	errs    []error
	most    int // batches that were in flight at once
}

func (l *late) Submit(ctx context.Context, b *data.Batch, lr float64) error {
	if n := len(l.errs); n > 0 && l.errs[n-1] != nil {
		l.results, l.errs = append(l.results, models.Step{}), append(l.errs, models.ErrDiverged)
		return nil
	}
	step, err := models.Train(ctx, l.Device, b, lr)
	if err != nil && !errors.Is(err, models.ErrDiverged) {
		return err
	}
	l.results, l.errs = append(l.results, step), append(l.errs, err)
	l.most = max(l.most, len(l.errs))
	return nil
}

func (l *late) Result(context.Context) (models.Step, error) {
	if len(l.errs) == 0 {
		return models.Step{}, models.ErrNoResult
	}
	step, err := l.results[0], l.errs[0]
	l.results, l.errs = l.results[1:], l.errs[1:]
	return step, err
}

func (l *late) Ahead() int { return l.ahead }

func (l *late) Usage() models.Usage { return models.Usage{Name: "late", Busy: 3, Waiting: 1} }

// lateBackend makes late devices, and keeps the last.
type lateBackend struct {
	cpu.Backend
	ahead int
	last  *late
}

func (b *lateBackend) New(o models.Options) (models.Device, error) {
	d, err := b.Backend.New(o)
	b.last = &late{Device: d, ahead: b.ahead}
	return b.last, err
}

// batchOf is two images drawn from a number.
func batchOf(number int) *data.Batch {
	b := &data.Batch{N: 2, C: 1, H: 16, W: 16, Classes: 2, Norm: data.NormFixed, U8: make([]uint8, 2*16*16),
		Y: []float32{1, 0, 0, 1}, End: int64(2 * (number%5 + 1)), Digest: uint64(number)}
	for i := range b.U8 {
		b.U8[i] = uint8((i*number*7 + i*i) % 251)
	}
	return b
}

// runOver runs a trainer over epochs of 5 batches.
func runOver(t *testing.T, backend models.Backend, epochs, saveEvery int, spoil func(*data.Batch, int)) ([]*checkpoint.Progress, error) {
	t.Helper()
	g := flow.New(flow.Options{})
	step := &trainer{
		name: "step", graph: g, backend: backend, init: initRandom, logEvery: 1, saveEvery: 0,
		network:  models.Options{Model: "resnet18", Classes: 2, Accumulate: 2, Seed: 1},
		schedule: models.ScheduleOptions{Kind: "cosine", LR: 1e-3, Epochs: epochs}, scores: metrics.NewEpoch(2), foreseen: []foreseen{{port: "train"}},
	}
	if saveEvery > 0 {
		step.saveEvery = 1 // nanosecond: with each step
	}
	step.network.EnsureDefaults()
	step.schedule.EnsureDefaults()
	batches := flow.Source(g, flow.Stage{Name: "batches"}, func(_ context.Context, out *flow.Emitter[*data.Batch]) error {
		for i := range 5 * epochs {
			b := batchOf(i + 1)
			if spoil != nil {
				spoil(b, i)
			}
			if err := out.Emit(fmt.Sprint(i), b); err != nil {
				return err
			}
			if i%5 == 4 {
				if err := out.EndEpoch(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	var all []*checkpoint.Progress
	flow.Collect(flow.Process(batches, flow.Stage{Name: "step"}, func(ctx context.Context, in *flow.Reader[*data.Batch], out *flow.Emitter[*checkpoint.Progress]) error {
		return step.run(ctx, in, nil, out)
	}), flow.Stage{Name: "out"}, &all)
	g.OnDevice("step", step.usage)
	err := g.Run(t.Context())
	if _, tells := backend.(*lateBackend); tells {
		if d := g.Stats().Stages[1].Device; d == nil || d.String() != "late 75.0% busy" {
			t.Errorf("the device that the stage computes on is %v", d)
		}
	}
	return all, err
}

// A run whose device works ahead tells and saves what one does that waits for
// each step.
func TestLateResultsAreTheSame(t *testing.T) {
	want, err := runOver(t, cpu.Backend{}, 2, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ahead := range []int{1, 2, 7} {
		backend := &lateBackend{ahead: ahead}
		got, err := runOver(t, backend, 2, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if most := min(ahead+1, 5); backend.last.most != most {
			t.Errorf("%d batches were in flight, of %d and one", backend.last.most, ahead)
		}
		same(t, got, want)
	}
}

// A checkpoint in the middle of an epoch is of all batches up to its position.
func TestLateCheckpointsDrain(t *testing.T) {
	want, err := runOver(t, cpu.Backend{}, 1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := runOver(t, &lateBackend{ahead: 2}, 1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range got {
		if p.Checkpoint == nil || p.Checkpoint.Position.Step != p.Step {
			t.Fatalf("step %d has the checkpoint %+v", p.Step, p.Checkpoint)
		}
	}
	same(t, got, want)
}

// A loss that is no number ends the run, however late it is known, and names
// the step.
func TestLateDivergence(t *testing.T) {
	for _, ahead := range []int{0, 2} {
		_, err := runOver(t, &lateBackend{ahead: ahead}, 1, 0, func(b *data.Batch, i int) {
			if i == 2 {
				b.X, b.U8 = make([]float32, len(b.U8)), nil
				b.X[0] = float32(math.NaN())
			}
		})
		if !errors.Is(err, models.ErrDiverged) || !strings.Contains(err.Error(), "in epoch 0 at step 2, learning rate 0.001") {
			t.Errorf("with %d ahead: error %v", ahead, err)
		}
	}
}

func same(t *testing.T, got, want []*checkpoint.Progress) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Step != w.Step || g.Loss != w.Loss || g.LR != w.LR || (g.Checkpoint == nil) != (w.Checkpoint == nil) {
			t.Fatalf("record %d is %+v, want %+v", i, g, w)
		}
		if w.Checkpoint == nil {
			continue
		}
		for k, tensor := range w.Checkpoint.State.Weights {
			if !slices.Equal(g.Checkpoint.State.Weights[k].Data, tensor.Data) {
				t.Fatalf("record %d: %s differs", i, tensor.Name)
			}
		}
		if gp, wp := g.Checkpoint.Position, w.Checkpoint.Position; gp.Sequence != wp.Sequence || gp.Records != wp.Records || gp.Step != wp.Step {
			t.Fatalf("record %d: position %+v, want %+v", i, gp, wp)
		}
	}
}
