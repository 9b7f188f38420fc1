package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hpaflow/models"
	"hpaflow/models/network"
)

// A network's outline has the tensors that the device makes.
func TestOutlineHasTheDevicesTensors(t *testing.T) {
	notForRaces(t)
	for _, name := range network.Names() {
		o := models.Options{Model: name, Channels: 3, Classes: 5, Height: 96, Width: 96, Batch: 1}
		d, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		outline, err := network.Sketch(name, 3, 96, 96, 5, true)
		if err != nil {
			t.Fatal(err)
		}
		list := func(tensors []models.Tensor) []string {
			var names []string
			for _, w := range tensors {
				names = append(names, fmt.Sprint(w.Name, w.Shape))
			}
			slices.Sort(names)
			return names
		}
		if got, want := list(outline.Tensors), list(state(d).Weights); !slices.Equal(got, want) {
			t.Errorf("%s: the outline has %v, the device %v", name, got, want)
		}
	}
}

// A network's outline counts the arithmetic that the device does.
func TestOutlineCountsFlops(t *testing.T) {
	needsFastKernels(t)
	for _, name := range network.Names() {
		if raced && name != "resnet18" { // TestNetworksEqualPyTorch runs the others
			continue
		}
		size := network.ByName(name).MinSize
		o := models.Options{Model: name, Height: size + 21, Width: size + 21, Batch: 2}
		d, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		done := map[string]float64{} // by operation, of which several may be about samples of their own
		d.Observe(func(name string, _ time.Duration, flops float64) {
			mu.Lock()
			defer mu.Unlock()
			done[name] = flops
		})
		b := randomBatch(2, o.Height, o.Width, 1)
		for training, run := range map[bool]func() error{
			true:  func() error { _, err := models.Train(context.Background(), d, b, 1e-3); return err },
			false: func() error { _, err := d.Predict(context.Background(), b); return err },
		} {
			clear(done)
			if err := run(); err != nil {
				t.Fatal(err)
			}
			outline, err := network.Sketch(name, 4, o.Height, o.Width, 28, training)
			var sum float64
			for _, flops := range done {
				sum += flops
			}
			if err != nil || math.Abs(outline.Flops-sum) > 1e-9*sum {
				t.Errorf("%s, training %v: the outline counts %v, the device %v; %v", name, training, outline.Flops, sum, err)
			}
		}
	}
}

// The fewest positions that batch norm sees are those at which one sample
// cannot be trained on, and are said in plain words.
func TestOneValueAChannel(t *testing.T) {
	for _, c := range []struct {
		model string
		size  int
		want  int
	}{{"resnet18", 32, 1}, {"resnet18", 33, 4}, {"se_resnext50", 32, 1}, {"inception_v3", 75, 1}, {"inception_v3", 107, 4}} {
		outline, err := network.Sketch(c.model, 4, c.size, c.size, 28, true)
		if err != nil || outline.Norm != c.want {
			t.Errorf("%s at %d: %d positions, want %d; %v", c.model, c.size, outline.Norm, c.want, err)
		}
	}
	d := smallDevice(t, models.Options{Seed: 1})
	_, err := models.Train(context.Background(), d, randomBatch(1, 32, 32, 1), 1e-3)
	if err == nil || !strings.Contains(err.Error(), "a batch of 1 sample of 32x32 leaves one value a channel") || strings.Contains(err.Error(), "PC") {
		t.Errorf("error %v", err)
	}
}

// What is left of a group at an epoch's end is a step like that of a group of
// so many batches.
func TestFlushStepsWithWhatIsLeft(t *testing.T) {
	left, whole := smallDevice(t, models.Options{Seed: 3, Accumulate: 4}), smallDevice(t, models.Options{Seed: 3, Accumulate: 2})
	before := state(left)
	train(t, left, 1e-3, 1, 2)
	if pending := state(left).Pending; pending != 2 {
		t.Fatalf("%d batches wait", pending)
	}
	left.Flush(1e-3)
	left.Flush(1e-3)
	train(t, whole, 1e-3, 1, 2)
	sameState(t, state(left), state(whole))
	if slices.Equal(state(left).Weights[0].Data, before.Weights[0].Data) {
		t.Error("nothing has changed")
	}
}
