//go:build gpu && linux

package gpu

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/plan"
)

// A card that is short of memory is told before any is taken, with the batch
// that would fit, and that fits.
func TestOutOfMemoryNamesTheBatchThatFits(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Setenv("HPAFLOW_FAKE_MEMORY", fmt.Sprint(400<<20))
	o := models.Options{Height: 256, Width: 256, Batch: 64}
	b := backend(t, "fp32")
	_, err := b.newDevice(o)
	var short *MemoryError
	if !errors.Is(err, cuda.ErrOutOfMemory) || !errors.As(err, &short) {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(err.Error(), fmt.Sprintf("a batch of 64 needs %s", gib(short.Needs))) || short.Fits < 1 || short.Fits > 63 {
		t.Errorf("error %v", err)
	}
	o.Batch = short.Fits
	d, err := b.newDevice(o)
	if err != nil {
		t.Fatalf("a batch of %d: %v", short.Fits, err)
	}
	if p := d.engines[0].program(plan.Train); !p.Thrifty {
		t.Error("nothing is computed again, where memory is short")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	o.Batch = short.Fits + 1
	if _, err = b.newDevice(o); !errors.Is(err, cuda.ErrOutOfMemory) {
		t.Errorf("a batch of %d: %v", o.Batch, err)
	}
}

// Whatever the driver refuses at whatever moment is an error that names the card
// and the call; the device takes no more work then, and nothing stays behind.
func TestFailuresAreErrors(t *testing.T) {
	for _, c := range []struct {
		fail, want string
		cards      []int
	}{
		{"alloc:3", "CUDA_ERROR_OUT_OF_MEMORY", nil},
		{"alloc:9", "CUDA_ERROR_OUT_OF_MEMORY", nil},
		{"launch:40", "CUDA_ERROR", nil},
		{"copy:6", "CUDA_ERROR", nil},
		{"lost:60", "CUDA_ERROR", nil},
		{"lost:900", "CUDA_ERROR", nil},
		{"lost:900@1", "card 1", []int{0, 1}},
	} {
		t.Run(c.fail, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			t.Setenv("HPAFLOW_FAKE_FAIL", c.fail)
			b := backend(t, "fp32", c.cards...)
			d, err := b.newDevice(small(models.Options{Seed: 1}))
			if err == nil {
				for i := 0; err == nil && i < 8; i++ {
					_, err = models.Train(context.Background(), d, randomBatch(4, 32, 32, 1), 1e-3)
				}
				if _, again := models.Train(context.Background(), d, randomBatch(4, 32, 32, 1), 1e-3); again == nil {
					t.Error("a broken device took a batch")
				}
				if _, again := d.State(); again == nil {
					t.Error("a broken device gave a state")
				}
				if err := d.Close(); err != nil {
					t.Logf("closing: %v", err)
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "card ") {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if strings.HasPrefix(c.fail, "lost") && !errors.Is(err, cuda.ErrCardLost) {
				t.Errorf("error %v is not of a lost card", err)
			}
		})
	}
}

// What cannot be is refused in plain words.
func TestBackendRefuses(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_DEVICES", "2")
	for _, c := range []struct {
		cards      []int
		precision  string
		capability string
		want       string
	}{
		{[]int{0}, "fp16", "9.0", `precision "fp16" is not one of auto, fp32, tf32, bf16`},
		{[]int{0}, "tf32", "7.5", "precision tf32 needs compute capability 8.0, and card 0,"},
		{[]int{0}, "bf16", "7.5", "take fp32"},
		{[]int{0}, "auto", "7.0", "has compute capability 7.0, and 7.5 is needed"},
		{[]int{7}, "auto", "9.0", "no NVIDIA card 7: there are 2"},
		{[]int{1, 1}, "auto", "9.0", "card 1 is named twice"},
	} {
		t.Setenv("HPAFLOW_FAKE_CAPABILITY", c.capability)
		if _, err := Open(c.cards, c.precision, true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %s: error %v, want %q", c.cards, c.precision, err, c.want)
		}
	}
	for capability, want := range map[string]precision{"7.5": fp32, "8.0": tf32, "9.0": tf32} {
		t.Setenv("HPAFLOW_FAKE_CAPABILITY", capability)
		b, err := Open(nil, "auto", true)
		if err != nil || b.precision != want || len(b.cards) != 2 || !strings.HasSuffix(b.Name(), string(want)) {
			t.Errorf("capability %s: %+v, %v", capability, b, err)
		}
	}
}

// Batches that do not fit leave everything as it was, and so does a state of
// another network.
func TestDeviceRefuses(t *testing.T) {
	d := device(t, backend(t, "fp32"), small(models.Options{Optimizer: models.OptimizerOptions{Kind: "sgd"}}))
	train(t, d, 1e-3, 1)
	before := state(t, d)
	unlabelled := randomBatch(4, 32, 32, 1)
	unlabelled.Y = nil
	for what, b := range map[string]*data.Batch{
		"five samples": randomBatch(5, 32, 32, 1), "another size": randomBatch(4, 32, 48, 1),
		"one sample": randomBatch(1, 32, 32, 1), "no targets": unlabelled,
	} {
		if err := d.Submit(context.Background(), b, 1e-3); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	for want, change := range map[string]func(*models.State){
		"tensor conv1.weight is missing":                 func(s *models.State) { s.Weights = s.Weights[1:] },
		"tensor momentum_buffer/conv1.weight is missing": func(s *models.State) { s.Optimizer = s.Optimizer[1:] },
		"1 batches wait for a step, of 1":                func(s *models.State) { s.Pending = 1 },
		"choices of algorithms":                          func(s *models.State) { s.Choices = []byte(`{"a":1}`) },
	} {
		s := before
		change(&s)
		if err := d.Load(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	sameState(t, state(t, d), before)

	// Weights alone begin anew.
	report, err := d.Init(before.Weights)
	if err != nil || report.Used != len(before.Weights) {
		t.Errorf("%+v, %v", report, err)
	}
	after := state(t, d)
	sameTensors(t, after.Weights, before.Weights)
	if after.Steps != 0 || after.Optimizer[0].Data[0] != 0 {
		t.Error("the optimiser did not start anew")
	}
}
