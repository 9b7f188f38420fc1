//go:build gpu && linux

package gpu

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
	"hpaflow/models"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/network"
)

// goldenCase is what PyTorch computes of a network: models/cpu/testdata.
type goldenCase struct {
	Model, Input                    string
	N, H, W                         int
	AttentionSize, AuxAttentionSize int
	Predict, Logits                 []float64
	Loss                            float64
	Grads, Stats                    [][3]float64 // by name
}

func goldenCases(t *testing.T) (cases []goldenCase) {
	t.Helper()
	text, err := os.ReadFile("../cpu/testdata/network.json")
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// long skips a test that takes long on an emulated card, unless the environment
// asks for it: models/gpu/long.sh does.
func long(t *testing.T) {
	t.Helper()
	if !longRun() {
		t.Skip("HPAFLOW_GPU_LONG is not set")
	}
}

func longRun() bool { return os.Getenv("HPAFLOW_GPU_LONG") != "" }

// Logits, loss, every gradient and every statistic of a training step are
// PyTorch's, with our own kernels for grouped convolutions and with cuDNN's; and
// the batch may be smaller than the one planned for.
func TestNetworksEqualPyTorch(t *testing.T) {
	tested := map[string]int{}
	for i, c := range goldenCases(t) {
		tested[c.Model]++
		t.Run(fmt.Sprintf("%s/%dx%dx%d", c.Model, c.N, c.H, c.W), func(t *testing.T) {
			if tested[c.Model] > 1 {
				long(t)
			}
			d := goldenDevice(t, c, i%2*2, "fp32")
			if i%2 == 0 {
				takeOwn(t, d)
			}
			checkGolden(t, d, c)
		})
	}
	for _, name := range network.OnCards() {
		if tested[name] < 2 {
			t.Errorf("%s has %d golden cases, want 2", name, tested[name])
		}
	}
}

// In bfloat16 they are as near as its eight bits allow: the loss is, and the
// gradients point the same way.
func TestBFloat16IsNear(t *testing.T) {
	c := goldenCases(t)[0]
	want, exact := stepOf(t, goldenDevice(t, c, 0, "fp32"), c)
	got, near := stepOf(t, goldenDevice(t, c, 0, "bf16"), c)
	if math.Abs(got.Loss-want.Loss) > .02*want.Loss {
		t.Errorf("loss %v, in float32 %v", got.Loss, want.Loss)
	}
	var dot, a, b float64
	for i, v := range exact {
		dot, a, b = dot+float64(v)*float64(near[i]), a+float64(v)*float64(v), b+float64(near[i])*float64(near[i])
	}
	cosine := dot / math.Sqrt(a*b)
	t.Logf("loss %v and %v, cosine of gradients %v, lengths %v and %v", got.Loss, want.Loss, cosine, math.Sqrt(b), math.Sqrt(a))
	if cosine < .99 || math.Abs(math.Sqrt(b/a)-1) > .02 {
		t.Errorf("the gradients' cosine is %v, their lengths %v and %v", cosine, math.Sqrt(b), math.Sqrt(a))
	}
}

// stepOf is a training step and its gradients.
func stepOf(t *testing.T, d *Device, c goldenCase) (models.Step, flat) {
	t.Helper()
	step, err := models.Train(context.Background(), d, goldenBatch(c.Input, c.N, c.H, c.W), 0)
	if err != nil {
		t.Fatal(err)
	}
	return step, gradientsOf(t, d)
}

// goldenDevice has golden.py's weights.
func goldenDevice(t *testing.T, c goldenCase, spare int, precision string) *Device {
	t.Helper()
	d := device(t, backend(t, precision), models.Options{
		Model: c.Model, Height: c.H, Width: c.W, Batch: c.N + spare,
		AttentionSize: c.AttentionSize, AuxAttentionSize: c.AuxAttentionSize,
	})
	weights := outline(d.engines[0].params)
	for i := range weights {
		weights[i].Data = slices.Clone(weights[i].Data)
	}
	goldenWeights(weights)
	if err := d.Load(models.State{Weights: weights}); err != nil {
		t.Fatal(err)
	}
	return d
}

// takeOwn lets grouped convolutions be computed by our own kernels, whatever is
// faster.
func takeOwn(t *testing.T, d *Device) {
	t.Helper()
	if err := d.each((*engine).choose); err != nil {
		t.Fatal(err)
	}
	for i := range d.chosen.list {
		if c := &d.chosen.list[i]; c.Shape.Groups > 1 {
			c.By = dnn.Choice{Algo: own, Deterministic: true}
		}
	}
	if err := d.each((*engine).forget); err != nil {
		t.Fatal(err)
	}
}

func checkGolden(t *testing.T, d *Device, c goldenCase) {
	t.Helper()
	b := goldenBatch(c.Input, c.N, c.H, c.W)
	logits, err := d.Predict(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "evaluation logits", logits, c.Predict, 1e-4)
	step, all := stepOf(t, d, c)
	closeTo(t, "training logits", step.Logits, c.Logits, 1e-4)
	if math.Abs(step.Loss-c.Loss) > 1e-5*c.Loss {
		t.Errorf("loss %v, want %v", step.Loss, c.Loss)
	}
	grads, stats := map[string][]float32{}, map[string][]float32{}
	for _, p := range d.engines[0].params.List {
		if !p.Statistic {
			grads[p.Name] = all.tensor(p)
		}
	}
	e := d.engines[0]
	var statistics flat
	err = e.do(func() (err error) {
		statistics, err = e.get(e.memory.statistics, e.params.Statistics)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range e.params.List {
		if p.Statistic {
			stats[p.Name] = statistics.tensor(p)
		}
	}
	digestsAre(t, "gradients", grads, c.Grads, 1e-3)
	digestsAre(t, "statistics", stats, c.Stats, 1e-4)
}

// gradientsOf are those of the last step.
func gradientsOf(t *testing.T, d *Device) (all flat) {
	t.Helper()
	e := d.engines[0]
	err := e.do(func() (err error) {
		if all, err = e.get(e.memory.grads, e.params.Trainable); err != nil || e.memory.narrow == 0 {
			return err
		}
		bits := make([]uint16, e.params.Weights)
		if err := e.card.CopyToHost(bytesOf(bits), e.memory.narrow, e.compute); err != nil {
			return err
		}
		err = e.compute.Synchronize()
		for i, v := range bits {
			all[i] = math.Float32frombits(uint32(v) << 16)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// goldenBatch is golden.py's.
func goldenBatch(input string, n, h, w int) *data.Batch {
	b := &data.Batch{N: n, C: 4, H: h, W: w, Classes: 28}
	for _, v := range goldentest.Noise(input, n*4*h*w) {
		b.X = append(b.X, float32(v))
	}
	for _, v := range goldentest.Noise("y", n*28) {
		var y float32
		if v > .7 {
			y = 1
		}
		b.Y = append(b.Y, y)
	}
	return b
}

// digestsAre compares tensors' digests, a norm and two projections on vectors of
// +-1, with golden ones, which stand in the order of the names.
func digestsAre(t *testing.T, what string, got map[string][]float32, want [][3]float64, share float64) {
	t.Helper()
	names := slices.Sorted(maps.Keys(got))
	if len(names) != len(want) {
		t.Fatalf("%d %s, PyTorch has %d", len(names), what, len(want))
	}
	// A bias before a convolution and a batch norm has no gradient but at the
	// borders, so next to nothing: that is measured by the largest.
	worst, where, largest := 0., "", 0.
	for _, w := range want {
		largest = max(largest, w[0])
	}
	for i, name := range names {
		var have [3]float64
		for _, v := range got[name] {
			have[0] += float64(v) * float64(v)
		}
		have[0] = math.Sqrt(have[0])
		for k := range 2 {
			for j, u := range goldentest.Noise(fmt.Sprintf("%s/%d", name, k), len(got[name])) {
				have[k+1] += math.Copysign(1, u) * float64(got[name][j])
			}
		}
		for k := range have {
			off := math.Abs(have[k]-want[i][k]) / max(want[i][0], 1e-4*largest)
			if !(off <= share) {
				t.Errorf("%s: norm and projections %v, want %v", name, have, want[i])
				break
			}
			if off >= worst {
				worst, where = off, name
			}
		}
	}
	t.Logf("%s: within %.1e of the norm, %s", what, worst, where)
}
