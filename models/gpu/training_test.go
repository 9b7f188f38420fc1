//go:build gpu && linux

package gpu

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/cpu"
)

// A training's losses and weights are the processor's, also when begun there
// and gone on with here, and back.
func TestTrainingEqualsTheProcessors(t *testing.T) {
	o := models.Options{Seed: 3, Height: 64, Width: 64, Batch: 4, Optimizer: models.OptimizerOptions{Kind: "sgd", WeightDecay: 1e-3}}
	p, err := cpu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	d := device(t, backend(t, "fp32"), o)
	sameTensors(t, state(t, d).Weights, state(t, p).Weights)
	curve := func(d models.Device, seeds ...uint64) (losses []float32) {
		for _, seed := range seeds {
			step, err := models.Train(context.Background(), d, randomBatch(4, 64, 64, seed), 2e-3)
			if err != nil {
				t.Fatal(err)
			}
			losses = append(losses, float32(step.Loss))
		}
		return losses
	}
	want, got := curve(p, 1, 2, 3, 1, 2), curve(d, 1, 2, 3, 1, 2)
	t.Logf("losses %v, on the processor %v", got, want)
	closeTo(t, "losses", got, want, 2e-3)
	if !(got[4] < got[1]*.9) {
		t.Errorf("the loss of a batch went from %v to %v", got[1], got[4])
	}
	s, onProcessor := state(t, d), state(t, p)
	nearTensors(t, s.Weights, onProcessor.Weights, 5e-3, .1)

	// Gone on with by the other.
	if err := p.Load(s); err != nil {
		t.Fatal(err)
	}
	if err := d.Load(onProcessor); err != nil {
		t.Fatal(err)
	}
	if d.Note() != "" {
		t.Errorf("note %q", d.Note())
	}
	closeTo(t, "losses gone on with", curve(d, 4), curve(p, 4), 5e-3)
	nearTensors(t, state(t, d).Weights, state(t, p).Weights, 1e-2, .1)
}

// A run that was stopped, also in the middle of an accumulation, and resumed on
// another device ends with the bits of one that was not; batches of other sizes
// and graphs make no difference.
func TestResumeIsBitExact(t *testing.T) {
	for name, o := range map[string]models.Options{
		"adam":            {Seed: 1},
		"amsgrad":         {Seed: 1, Optimizer: models.OptimizerOptions{AMSGrad: true, WeightDecay: 1e-3}},
		"ema and clip":    {Seed: 3, EMA: .9, ClipNorm: .5},
		"sgd accumulated": {Seed: 2, Accumulate: 2, Optimizer: models.OptimizerOptions{Kind: "sgd", Nesterov: true, WeightDecay: 1e-4}},
	} {
		for _, precision := range []string{"fp32", "bf16"} {
			t.Run(name+" "+precision, func(t *testing.T) {
				if (precision == "bf16") != (o.Accumulate > 1) || name == "amsgrad" {
					long(t)
				}
				o := small(o)
				b := backend(t, precision)
				whole := device(t, b, o)
				train(t, whole, 1e-3, 1)
				s := state(t, whole)
				third := randomBatch(4, 32, 32, 3)
				third.N, third.X, third.Y = 3, third.X[:3*4*32*32], third.Y[:3*28]
				goOn := func(d *Device) {
					train(t, d, 1e-3, 2)
					if _, err := models.Train(context.Background(), d, third, 1e-3); err != nil {
						t.Fatal(err)
					}
					if err := d.Flush(1e-3); err != nil {
						t.Fatal(err)
					}
				}
				goOn(whole)
				o.Seed = 99
				second := device(t, b, o)
				if err := second.Load(s); err != nil {
					t.Fatal(err)
				}
				goOn(second)
				sameState(t, state(t, second), state(t, whole))
			})
		}
	}
}

// Batches may be submitted ahead of their results, which come in order and are
// those of one after the other; no more than Ahead says.
func TestResultsComeLate(t *testing.T) {
	o := small(models.Options{Seed: 4})
	b := backend(t, "fp32")
	one, other := device(t, b, o), device(t, b, o)
	if err := other.Load(state(t, one)); err != nil { // the same algorithms
		t.Fatal(err)
	}
	want := train(t, one, 1e-3, 1, 2, 3, 4)
	ctx := context.Background()
	if _, err := other.Result(ctx); !errors.Is(err, models.ErrNoResult) {
		t.Errorf("before any batch: %v", err)
	}
	var got []float64
	take := func() {
		step, err := other.Result(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, step.Loss)
	}
	for i := range 4 {
		if i > other.Ahead() {
			if err := other.Submit(ctx, randomBatch(4, 32, 32, 9), 1e-3); err == nil {
				t.Fatal("a batch more than Ahead says was taken")
			}
			take()
		}
		if err := other.Submit(ctx, randomBatch(4, 32, 32, uint64(i+1)), 1e-3); err != nil {
			t.Fatal(err)
		}
	}
	sameState(t, state(t, other), state(t, one)) // of all that was submitted
	for len(got) < 4 {
		take()
	}
	if !slices.Equal(got, want) {
		t.Errorf("losses %v, want %v", got, want)
	}
	if u := other.Usage(); u.Busy <= 0 || u.Copying <= 0 || u.Memory <= 0 || !strings.HasPrefix(u.Name, "gpu Emulated card") {
		t.Errorf("usage %+v", u)
	}
}

// A loss that is no number leaves the weights of before, whatever was submitted
// behind it.
func TestDivergedTrainingChangesNothing(t *testing.T) {
	d := device(t, backend(t, "fp32"), small(models.Options{Seed: 1}))
	train(t, d, 1e-3, 1)
	before := state(t, d)
	ctx := context.Background()
	bad := randomBatch(4, 32, 32, 2)
	bad.X[7] = float32(math.NaN())
	for _, b := range []*data.Batch{randomBatch(4, 32, 32, 3), bad, randomBatch(4, 32, 32, 4)} {
		if err := d.Submit(ctx, b, 1e-3); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Result(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Result(ctx); !errors.Is(err, models.ErrDiverged) || !strings.Contains(err.Error(), "loss is NaN") {
		t.Errorf("error %v", err)
	}
	if _, err := d.Result(ctx); !errors.Is(err, models.ErrDiverged) {
		t.Errorf("of the batch behind it: %v", err)
	}
	if err := d.Submit(ctx, randomBatch(4, 32, 32, 4), 1e-3); !errors.Is(err, models.ErrDiverged) {
		t.Errorf("submitting afterwards: %v", err)
	}
	after := state(t, d)
	if after.Steps != before.Steps+1 {
		t.Errorf("%d steps, want one more than %d", after.Steps, before.Steps)
	}

	// And the state of before can be gone on from, to the bits of a run without
	// the bad batch.
	if err := d.Load(before); err != nil {
		t.Fatal(err)
	}
	train(t, d, 1e-3, 3)
	want := state(t, d)
	sameTensors(t, after.Optimizer, want.Optimizer)
	for i, w := range want.Weights {
		if !strings.Contains(w.Name, "running") {
			sameTensors(t, after.Weights[i:i+1], want.Weights[i:i+1])
		}
	}
}

// Raw planes are normalised on the card as ops do it.
func TestRawPlanesAreNormalised(t *testing.T) {
	o := small(models.Options{Seed: 1})
	d := device(t, backend(t, "fp32"), o)
	p, err := cpu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, norm := range []data.Norm{data.NormFixed, data.NormPerImage} {
		b := randomBatch(4, 32, 32, 1)
		for _, v := range b.X {
			b.U8 = append(b.U8, uint8(40*v+100))
			b.U16 = append(b.U16, uint16(9000*v+30000))
		}
		b.X, b.Norm = nil, norm
		deep := *b
		b.U16, deep.U8 = nil, nil
		for _, b := range []*data.Batch{b, &deep} {
			got, err := d.Predict(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			want, err := p.Predict(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, string(norm), got, want, 1e-4)
		}
	}
}

// An average of the weights and clipped gradients are the processor's, on one
// card and on two; what is predicted is the average's, and training goes on with
// what it is of.
func TestOptionsEqualTheProcessors(t *testing.T) {
	o := small(models.Options{Seed: 3, EMA: .7, ClipNorm: .5, Accumulate: 2, Optimizer: models.OptimizerOptions{Kind: "sgd"}})
	p, err := cpu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	begin := state(t, p)
	batch := randomBatch(4, 32, 32, 9)
	run := func(d models.Device) (s models.State, logits []float32) {
		for seed := range 4 {
			if _, err := models.Train(t.Context(), d, randomBatch(4, 32, 32, uint64(seed)), .05); err != nil {
				t.Fatal(err)
			}
			if logits, err = d.Predict(t.Context(), batch); err != nil { // in between
				t.Fatal(err)
			}
		}
		s, err := d.State()
		if err != nil {
			t.Fatal(err)
		}
		return s, logits
	}
	want, wantLogits := run(p)
	for name, cards := range map[string][]int{"one card": {0}, "two cards": {0, 1}} {
		t.Run(name, func(t *testing.T) {
			if len(cards) > 1 {
				long(t) // each card has statistics of its own part
			}
			d := device(t, backend(t, "fp32", cards...), o)
			got, logits := run(d)
			if len(cards) == 1 {
				closeTo(t, "logits", logits, wantLogits, 1e-2)
			}
			for i, w := range want.Weights {
				if strings.Contains(w.Name, "running_") {
					continue
				}
				var off, moved float64
				for k, v := range w.Data {
					off += math.Pow(float64(got.Weights[i].Data[k]-v), 2)
					moved += math.Pow(float64(begin.Weights[i].Data[k]-v), 2)
				}
				if len(cards) == 1 && !(math.Sqrt(off) <= .02*math.Sqrt(moved)+1e-7) {
					t.Errorf("%s is off by %v of a move of %v", w.Name, math.Sqrt(off), math.Sqrt(moved))
				}
			}
			again := device(t, backend(t, "fp32", cards...), o)
			if err := again.Load(got); err != nil {
				t.Fatal(err)
			}
			goneOn, err := again.Predict(t.Context(), batch)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(goneOn, logits) {
				t.Error("loaded, it predicts something else")
			}
			sameState(t, state(t, again), got)
		})
	}
}
