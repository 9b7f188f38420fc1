//go:build gpu && linux

package gpu

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
	"hpaflow/models"
	"hpaflow/models/gpu/fake"
)

// The tests run on emulated cards.
func TestMain(m *testing.M) {
	if err := fake.Use(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// backend is some cards.
func backend(t testing.TB, precision string, cards ...int) *Backend {
	t.Helper()
	t.Setenv("HPAFLOW_FAKE_DEVICES", "2")
	if len(cards) == 0 {
		cards = []int{0}
	}
	b, err := Open(cards, precision, true)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// device is a device on the first card, closed when the test ends.
func device(t testing.TB, b *Backend, o models.Options) *Device {
	t.Helper()
	d, err := b.newDevice(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// small are options that train in no time: images of 32 pixels.
func small(o models.Options) models.Options {
	o.Height, o.Width, o.Batch = 32, 32, 4
	return o
}

func randomBatch(n, h, w int, seed uint64) *data.Batch {
	const channels, classes = 4, 28
	r := rand.New(rand.NewPCG(seed, 0))
	b := &data.Batch{
		N: n, C: channels, H: h, W: w, Classes: classes,
		X: make([]float32, n*channels*h*w), Y: make([]float32, n*classes),
	}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		if r.Float64() < .1 {
			b.Y[i] = 1
		}
	}
	return b
}

// train runs batches of four with a rate, one after the other.
func train(t testing.TB, d models.Device, lr float64, seeds ...uint64) (losses []float64) {
	t.Helper()
	for _, seed := range seeds {
		step, err := models.Train(context.Background(), d, randomBatch(4, 32, 32, seed), lr)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, step.Loss)
	}
	return losses
}

func state(t testing.TB, d models.Device) models.State {
	t.Helper()
	s, err := d.State()
	if err != nil {
		t.Fatal(err)
	}
	return s
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

// nearTensors compares with a share of each tensor's norm, or of a least one.
func nearTensors(t testing.TB, got, want []models.Tensor, share, least float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	worst, where := 0., ""
	for i, w := range want {
		g := got[i]
		if g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) {
			t.Fatalf("tensor %s %v, want %s %v", g.Name, g.Shape, w.Name, w.Shape)
		}
		var off, norm float64
		for k, v := range w.Data {
			d := float64(g.Data[k]) - float64(v)
			off, norm = off+d*d, norm+float64(v)*float64(v)
		}
		if r := math.Sqrt(off) / max(math.Sqrt(norm), least); !(r <= worst) {
			worst, where = r, w.Name
		}
	}
	t.Logf("tensors differ by at most %.1e, %s", worst, where)
	if !(worst <= share) {
		t.Errorf("%s differs by %.1e, want at most %.0e", where, worst, share)
	}
}

// closeTo compares with a share of the largest value.
func closeTo[T float32 | float64](t testing.TB, what string, got []float32, want []T, share float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var largest float64
	for _, v := range want {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-float64(v)) <= share*largest) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], v)
		}
	}
}

// goldenWeights are golden.py's.
func goldenWeights(t []models.Tensor) {
	for _, w := range t {
		for i, u := range goldentest.Noise(w.Name, len(w.Data)) {
			switch {
			case len(w.Shape) == 4:
				u *= math.Sqrt(3 / float64(w.Shape[1]*w.Shape[2]*w.Shape[3]))
			case len(w.Shape) == 1 && (strings.HasSuffix(w.Name, "running_var") || strings.HasSuffix(w.Name, "weight")):
				u = 1 + u/4
			default:
				u /= 5
			}
			if len(w.Shape) == 1 && strings.HasSuffix(w.Name, "bias") {
				u++
			}
			w.Data[i] = float32(u)
		}
	}
}
