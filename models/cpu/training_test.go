package cpu

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/cpu/kernels"
)

// notForRaces skips a test that is long under the race detector and has nothing
// for it that others have not.
func notForRaces(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("too long under the race detector")
	}
}

// needsFastKernels skips a test of whole networks where the race detector would
// watch plain kernels, which takes an hour; their own package's tests do it.
func needsFastKernels(t *testing.T) {
	t.Helper()
	if raced && kernels.Instructions() == "go" {
		t.Skip("too long under the race detector without assembly")
	}
}

func smallDevice(t testing.TB, o models.Options) *Device {
	t.Helper()
	o.Height, o.Width, o.Batch = 32, 32, 4
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func train(t testing.TB, d *Device, lr float64, seeds ...uint64) models.Step {
	t.Helper()
	var step models.Step
	for _, seed := range seeds {
		var err error
		if step, err = models.Train(context.Background(), d, randomBatch(4, 32, 32, seed), lr); err != nil {
			t.Fatal(err)
		}
	}
	return step
}

// A run that was stopped, also in the middle of an accumulation, and resumed
// on another device ends with the bits of one that was not.
func TestResumeIsBitExact(t *testing.T) {
	needsFastKernels(t)
	for _, o := range []models.Options{
		{Seed: 1},
		{Seed: 2, Accumulate: 2, Optimizer: models.OptimizerOptions{Kind: "sgd", Nesterov: true, WeightDecay: 1e-4}},
		{Seed: 3, EMA: .9, Freeze: 2, ClipNorm: .5},
	} {
		if raced && o.Accumulate == 0 {
			continue
		}
		whole := smallDevice(t, o)
		train(t, whole, 1e-3, 1, 2, 3)

		first := smallDevice(t, o)
		train(t, first, 1e-3, 1)
		dir := checkpoint.EpochDir(t.TempDir(), 0)
		position := checkpoint.Position{Epoch: 1, Step: 1, Seed: math.MaxUint64, Schedule: models.ScheduleState{Epoch: 1, LR: .1 + .2}}
		if err := checkpoint.SaveCheckpoint(dir, &checkpoint.Checkpoint{State: state(first), Position: position}); err != nil {
			t.Fatal(err)
		}
		c, err := checkpoint.LoadCheckpoint(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.Position, position) {
			t.Errorf("position %+v, want %+v", c.Position, position)
		}
		o.Seed = 99
		second := smallDevice(t, o)
		if err := second.Load(c.State); err != nil {
			t.Fatal(err)
		}
		train(t, second, 1e-3, 2, 3)
		sameState(t, state(second), state(whole))
	}
}

// The same seed gives the same training, another seed another.
func TestTrainingIsDeterministic(t *testing.T) {
	notForRaces(t)
	a, b, other := smallDevice(t, models.Options{Seed: 5}), smallDevice(t, models.Options{Seed: 5}), smallDevice(t, models.Options{Seed: 6})
	train(t, a, 1e-3, 1, 2)
	train(t, b, 1e-3, 1, 2)
	sameState(t, state(a), state(b))
	if slices.Equal(state(a).Weights[0].Data, state(other).Weights[0].Data) {
		t.Error("another seed has the same weights")
	}
}

// Steps bring the loss of a batch down, and evaluation leaves no trace.
func TestTrainingLearnsABatch(t *testing.T) {
	needsFastKernels(t)
	d := smallDevice(t, models.Options{Seed: 1})
	b := randomBatch(4, 32, 32, 1)
	first := train(t, d, 1e-3, 1, 1).Loss
	before := state(d)
	if _, err := d.Predict(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	sameState(t, state(d), before)
	if last := train(t, d, 1e-3, 1, 1, 1, 1).Loss; !(last < first/4) {
		t.Errorf("loss went from %v to %v", first, last)
	}
}

// A loss that is no number stops before the weights are spoilt.
func TestTrainRefusesNaN(t *testing.T) {
	needsFastKernels(t)
	d := smallDevice(t, models.Options{})
	before := d.params.trainable()[0].data[0]
	b := randomBatch(4, 32, 32, 1)
	b.X[7] = float32(math.NaN())
	if _, err := models.Train(context.Background(), d, b, 1e-3); err == nil || !strings.Contains(err.Error(), "loss is NaN") {
		t.Errorf("error %v", err)
	}
	if d.params.trainable()[0].data[0] != before || d.optimizer.steps != 0 {
		t.Error("the optimiser stepped")
	}
}

// A sample's logits do not depend on the batch it comes in.
func TestPredictAnyBatchSize(t *testing.T) {
	needsFastKernels(t)
	d := smallDevice(t, models.Options{Seed: 1})
	train(t, d, 1e-3, 1)
	b := randomBatch(4, 32, 32, 2)
	all, err := d.Predict(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	size := 4 * 32 * 32
	part := &data.Batch{N: 1, C: 4, H: 32, W: 32, X: b.X[2*size : 3*size]}
	one, err := d.Predict(context.Background(), part)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(one, all[2*28:3*28]) {
		t.Errorf("alone: %v, among others: %v", one, all[2*28:3*28])
	}
	for _, wrong := range []*data.Batch{
		{N: 5, C: 4, H: 32, W: 32, X: make([]float32, 5*size)},
		{N: 1, C: 3, H: 32, W: 32, X: make([]float32, 3*32*32)},
		{N: 0, C: 4, H: 32, W: 32},
	} {
		if _, err := d.Predict(context.Background(), wrong); err == nil {
			t.Errorf("a batch of (%d,%d,%d,%d) was taken", wrong.N, wrong.C, wrong.H, wrong.W)
		}
	}
	if _, err := models.Train(context.Background(), d, part, 1e-3); err == nil {
		t.Error("a batch without targets was taken")
	}
}

func TestLoadRefusesOtherTensors(t *testing.T) {
	notForRaces(t)
	d := smallDevice(t, models.Options{Optimizer: models.OptimizerOptions{Kind: "sgd"}})
	before := state(d)
	for want, change := range map[string]func(*models.State){
		"tensor bn1.weight is missing":                   func(s *models.State) { s.Weights = slices.Delete(s.Weights, 1, 2) },
		"tensor extra is unknown":                        func(s *models.State) { s.Weights = append(s.Weights, models.Tensor{Name: "extra"}) },
		"tensor conv1.weight is given twice":             func(s *models.State) { s.Weights = append(s.Weights, s.Weights[0]) },
		"tensor conv1.weight has shape [64 3 7 7]":       func(s *models.State) { s.Weights[0].Shape = []int{64, 3, 7, 7} },
		"tensor momentum_buffer/conv1.weight is missing": func(s *models.State) { s.Optimizer = s.Optimizer[1:] },
		"1 batches wait for a step, of 1":                func(s *models.State) { s.Pending = 1 },
	} {
		s := before
		s.Weights, s.Optimizer = slices.Clone(s.Weights), slices.Clone(s.Optimizer)
		last := &s.Weights[len(s.Weights)-1]
		last.Data = make([]float32, len(last.Data))
		change(&s)
		if err := d.Load(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	sameState(t, state(d), before)
}

// Weights of a network for three channels and a thousand labels, in another
// program's names, start a run; what was not used is said.
func TestInitFromOtherPrograms(t *testing.T) {
	notForRaces(t)
	d := smallDevice(t, models.Options{Seed: 1})
	before := state(d).Weights
	var given []models.Tensor
	for _, w := range state(smallDevice(t, models.Options{Seed: 2})).Weights {
		switch {
		case w.Name == "conv1.weight":
			stem := models.Tensor{Name: w.Name, Shape: []int{64, 3, 7, 7}}
			for out := range 64 {
				stem.Data = append(stem.Data, w.Data[out*4*49:][:3*49]...)
			}
			w = stem
		case w.Name == "last_linear.weight":
			w = models.Tensor{Name: "fc.weight", Shape: []int{1000, 512}, Data: make([]float32, 1000*512)}
		}
		if w.Name != "last_linear.bias" {
			given = append(given, w)
		}
	}
	train(t, d, 1e-3, 1)
	head := state(d).Weights[len(before)-2:]
	report, err := d.Init(given)
	if err != nil {
		t.Fatal(err)
	}
	const want = "100 tensors taken; conv1.weight widened from 3 channels, the first repeated; " +
		"not in the file and left at initial values: last_linear.weight, last_linear.bias; not used: fc.weight [1000 512]"
	if report.String() != want {
		t.Errorf("report %q, want %q", report, want)
	}
	after := state(d)
	sameTensors(t, after.Weights[1:len(before)-2], given[1:len(given)-1])
	sameTensors(t, after.Weights[len(before)-2:], head)
	stem, three := after.Weights[0].Data, given[0].Data
	for out := range 64 {
		filter := stem[out*4*49:][:4*49]
		if !slices.Equal(filter[:3*49], three[out*3*49:][:3*49]) || !slices.Equal(filter[3*49:], filter[:49]) {
			t.Fatalf("filter %d is not widened", out)
		}
	}
	if after.Steps != 0 {
		t.Error("the optimiser did not start anew")
	}
	if _, err := d.Init(given[1:]); err == nil || !strings.Contains(err.Error(), "conv1.weight is missing") {
		t.Errorf("error %v", err)
	}
	sameState(t, state(d), after)
}

func sameState(t testing.TB, got, want models.State) {
	t.Helper()
	if got.Steps != want.Steps || got.Pending != want.Pending {
		t.Errorf("%d steps and %d pending, want %d and %d", got.Steps, got.Pending, want.Steps, want.Pending)
	}
	sameTensors(t, got.Weights, want.Weights)
	sameTensors(t, got.Optimizer, want.Optimizer)
}

func sameTensors(t testing.TB, got, want []models.Tensor) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		same := g.Name == w.Name && slices.Equal(g.Shape, w.Shape) && slices.EqualFunc(g.Data, w.Data, func(a, b float32) bool {
			return math.Float32bits(a) == math.Float32bits(b)
		})
		if !same {
			t.Fatalf("tensor %s differs from %s", g.Name, w.Name)
		}
	}
}
