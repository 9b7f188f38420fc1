package cpu

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hpaflow/models"
	"hpaflow/models/network"
)

// A network's outline has the tensors that the device makes.
func TestOutlineHasTheDevicesTensors(t *testing.T) {
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
		if got, want := list(outline.Tensors), list(d.State().Weights); !slices.Equal(got, want) {
			t.Errorf("%s: the outline has %v, the device %v", name, got, want)
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
	_, err := d.Train(context.Background(), randomBatch(1, 32, 32, 1), 1e-3)
	if err == nil || !strings.Contains(err.Error(), "a batch of 1 sample of 32x32 leaves one value a channel") || strings.Contains(err.Error(), "PC") {
		t.Errorf("error %v", err)
	}
}

// What is left of a group at an epoch's end is a step like that of a group of
// so many batches.
func TestFlushStepsWithWhatIsLeft(t *testing.T) {
	left, whole := smallDevice(t, models.Options{Seed: 3, Accumulate: 4}), smallDevice(t, models.Options{Seed: 3, Accumulate: 2})
	before := left.State()
	train(t, left, 1e-3, 1, 2)
	if pending := left.State().Pending; pending != 2 {
		t.Fatalf("%d batches wait", pending)
	}
	left.Flush(1e-3)
	left.Flush(1e-3)
	train(t, whole, 1e-3, 1, 2)
	sameState(t, left.State(), whole.State())
	if slices.Equal(left.State().Weights[0].Data, before.Weights[0].Data) {
		t.Error("nothing has changed")
	}
}
