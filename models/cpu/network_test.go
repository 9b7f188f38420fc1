package cpu

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"hpaflow/models"
)

// A predictor gives a device's logits, from any number of goroutines at once,
// and while weights are changed under it either those or the new ones.
func TestNetworkAgreesWithDevice(t *testing.T) {
	needsFastKernels(t)
	d, other := smallDevice(t, models.Options{Seed: 1}), smallDevice(t, models.Options{Seed: 2})
	train(t, d, 1e-3, 1)
	b := randomBatch(4, 32, 32, 2)
	want, err := d.Predict(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	later, err := other.Predict(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewNetwork(models.Options{Height: 32, Width: 32, Batch: 4, Seed: 9}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Load(state(d).Weights); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := p.Predict(context.Background(), b)
			if err != nil || !slices.Equal(got, want) && !slices.Equal(got, later) {
				t.Errorf("logits %v, %v", got, err)
			}
		})
	}
	if _, err := p.Load(state(other).Weights); err != nil {
		t.Error(err)
	}
	all.Wait()
	if got, err := p.Predict(context.Background(), b); err != nil || !slices.Equal(got, later) {
		t.Errorf("after Load logits %v, %v", got, err)
	}
}

// An image's logits do not depend on how many threads there are, nor on how many
// images come with it: whether threads take images of their own or layers together.
func TestLogitsDoNotDependOnThreads(t *testing.T) {
	needsFastKernels(t)
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	const most = 8
	for model, size := range map[string]int{"inception_v3": 96, "se_resnext50": 96, "resnet18": 32} {
		if raced && model != "resnet18" {
			continue
		}
		var want []float32
		for _, threads := range []int{1, 2, 3, 5} {
			runtime.GOMAXPROCS(threads)
			p, err := NewNetwork(models.Options{Model: model, Height: size, Width: size, Batch: most, Seed: 3}, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{most, 7, 5, 3, 2, 1} {
				got, err := p.Predict(context.Background(), randomBatch(n, size, size, 1))
				if want == nil {
					want = got
				}
				if err != nil || !slices.Equal(got, want[:len(got)]) || len(got)*most != len(want)*n {
					t.Errorf("%s, %d threads, %d images: logits %v, want %v; %v", model, threads, n, got, want, err)
				}
			}
		}
	}
}

// Threads that have no image of their own take no memory.
func TestThreadsBeyondImagesTakeNoMemory(t *testing.T) {
	needsFastKernels(t)
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var bytes []int64
	for _, threads := range []int{1, 16} {
		runtime.GOMAXPROCS(threads)
		p, err := NewNetwork(models.Options{Height: 64, Width: 64, Batch: 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Predict(context.Background(), randomBatch(1, 64, 64, 1)); err != nil {
			t.Fatal(err)
		}
		bytes = append(bytes, p.ActivationBytes())
	}
	if bytes[0] == 0 || bytes[1] != bytes[0] {
		t.Errorf("an image takes %d bytes with one thread, %d with 16", bytes[0], bytes[1])
	}
}

func TestNetworkRefuses(t *testing.T) {
	p, err := NewNetwork(models.Options{Height: 32, Width: 32, Batch: 4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	weights := state(smallDevice(t, models.Options{})).Weights
	if _, err := p.Load(weights[:len(weights)-1]); err == nil || !strings.Contains(err.Error(), "last_linear.bias is missing") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	<-p.free // as if a batch were in flight
	if _, err := p.Predict(ctx, randomBatch(4, 32, 32, 1)); err == nil {
		t.Error("a cancelled call was answered")
	}
	if _, err := NewNetwork(models.Options{Height: 32, Width: 32}, -1); err == nil || !strings.Contains(err.Error(), "flights is -1") {
		t.Errorf("error %v", err)
	}
}
