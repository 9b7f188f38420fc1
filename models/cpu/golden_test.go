package cpu

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

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

// goldenDevice has the weights and the batch of golden.py.
func goldenDevice(t *testing.T, o models.Options, input string, n int) (*Device, *data.Batch) {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := state(d)
	goldenWeights(s.Weights)
	if err := d.Load(s); err != nil {
		t.Fatal(err)
	}
	c := d.opts.Channels
	b := &data.Batch{N: n, C: c, H: o.Height, W: o.Width, Classes: 28}
	for _, v := range goldentest.Noise(input, n*c*o.Height*o.Width) {
		b.X = append(b.X, float32(v))
	}
	for _, v := range goldentest.Noise("y", n*28) {
		var y float32
		if v > .7 {
			y = 1
		}
		b.Y = append(b.Y, y)
	}
	return d, b
}

// goldenStep is a training step of PyTorch's.
type goldenStep struct {
	Model, Input                    string
	N, H, W, Planes                 int
	AttentionSize, AuxAttentionSize int
	Predict, Logits                 []float64
	Loss                            float64
	Grads, Stats                    [][3]float64 // by name
	Losses                          []float64    // of steps of SGD, where there are any
}

// Logits, loss, every gradient and every statistic of a training step are
// PyTorch's; and the batch may be smaller than the one planned for.
func TestNetworksEqualPyTorch(t *testing.T) {
	var cases []goldenStep
	readGolden(t, "network.json", &cases)
	for _, name := range []string{"densenet121", "convnext_tiny"} {
		var more []goldenStep
		readGolden(t, name+".json", &more)
		cases = append(cases, more...)
	}
	tested := stepsEqualPyTorch(t, cases)
	for _, name := range network.Names() {
		if tested[name] < 2 {
			t.Errorf("%s has %d golden cases, want 2", name, tested[name])
		}
	}
}

// The same of images of more planes than four: fewer than a block of channels, one
// more than it, and whole ones.
func TestPlanesEqualPyTorch(t *testing.T) {
	var cases []goldenStep
	readGolden(t, "planes.json", &cases)
	stepsEqualPyTorch(t, cases)
}

func stepsEqualPyTorch(t *testing.T, cases []goldenStep) (tested map[string]int) {
	needsFastKernels(t)
	tested = map[string]int{}
	for i, c := range cases {
		// resnet34 has resnet18's layers, and convnext_tiny's are raced in tests of their own.
		if tested[c.Model]++; raced && (tested[c.Model] > 1 || c.Model == "resnet34" || c.Model == "convnext_tiny") {
			continue
		}
		t.Run(fmt.Sprintf("%s/%dx%dx%dx%d", c.Model, c.N, cmp.Or(c.Planes, 4), c.H, c.W), func(t *testing.T) {
			d, b := goldenDevice(t, models.Options{
				Model: c.Model, Channels: c.Planes, Height: c.H, Width: c.W, Batch: c.N + i%2*2,
				AttentionSize: c.AttentionSize, AuxAttentionSize: c.AuxAttentionSize, Optimizer: models.OptimizerOptions{Kind: "sgd"},
			}, c.Input, c.N)
			before := state(d).Weights
			logits, err := d.Predict(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "evaluation logits", logits, c.Predict, 1e-4)
			step, err := models.Train(context.Background(), d, b, 0)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "training logits", step.Logits, c.Logits, 1e-4)
			if math.Abs(step.Loss-c.Loss) > 1e-5*c.Loss {
				t.Errorf("loss %v, want %v", step.Loss, c.Loss)
			}
			grads, stats := map[string][]float32{}, map[string][]float32{}
			for i, p := range d.trainable {
				grads[p.name] = values(d.train.grads[i])
			}
			for _, p := range d.params.list {
				if p.statistic {
					stats[p.name] = p.data
				}
			}
			share := 1e-3
			if kernels.Instructions() == "go" { // rounds each product, so a ReLU may fall to the other side
				share = 3e-3
			}
			digestsAre(t, "gradients", grads, c.Grads, share)
			digestsAre(t, "statistics", stats, c.Stats, 1e-4)
			stepsAre(t, d, b, before, c.Losses)
		})
	}
	return tested
}

// stepsAre holds the losses of a few steps from some weights on against golden
// ones.
func stepsAre(t *testing.T, d *Device, b *data.Batch, weights []models.Tensor, losses []float64) {
	t.Helper()
	if err := d.Load(models.State{Weights: weights}); err != nil {
		t.Fatal(err)
	}
	for i, want := range losses {
		step, err := models.Train(context.Background(), d, b, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(step.Loss-want) > 1e-4*want {
			t.Errorf("loss of step %d is %v, want %v", i, step.Loss, want)
		}
	}
}

// digestsAre compares tensors' digests with golden ones, which stand in the
// order of the names.
func digestsAre(t *testing.T, what string, got map[string][]float32, want [][3]float64, share float64) {
	t.Helper()
	names := slices.Sorted(maps.Keys(got))
	if len(names) != len(want) {
		t.Fatalf("%d %s, PyTorch has %d", len(names), what, len(want))
	}
	// A bias before a convolution and a batch norm has no gradient but at the
	// borders, so next to nothing: that is measured by the largest.
	worst, largest := 0., 0.
	for _, w := range want {
		largest = max(largest, w[0])
	}
	for i, name := range names {
		worst = max(worst, digestIs(t, name, got[name], want[i], max(want[i][0], 1e-4*largest), share))
	}
	t.Logf("%s: within %.1e of the norm", what, worst)
}

// digestIs compares a tensor's norm and its projections on two vectors of +-1
// with golden ones, within a share of what counts as its norm, and gives the
// largest share.
func digestIs(t *testing.T, name string, got []float32, want [3]float64, norm, share float64) (worst float64) {
	t.Helper()
	var have [3]float64
	for _, v := range got {
		have[0] += float64(v) * float64(v)
	}
	have[0] = math.Sqrt(have[0])
	for k := range 2 {
		for i, u := range goldentest.Noise(fmt.Sprintf("%s/%d", name, k), len(got)) {
			have[k+1] += math.Copysign(1, u) * float64(got[i])
		}
	}
	for k := range have {
		if !(math.Abs(have[k]-want[k]) <= share*norm) {
			t.Errorf("%s: norm and projections %v, want %v", name, have, want)
			return worst
		}
		worst = max(worst, math.Abs(have[k]-want[k])/norm)
	}
	return worst
}

// closeTo compares with a share of the largest value.
func closeTo(t *testing.T, what string, got []float32, want []float64, share float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var largest float64
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= share*largest) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], v)
		}
	}
}

func readGolden(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestLossesEqualPyTorch(t *testing.T) {
	type result struct {
		Loss float64
		Grad []float64
	}
	var c struct {
		X, Y       []float32
		Focal, BCE result
	}
	readGolden(t, "losses.json", &c)
	for name, want := range map[string]result{"focal": c.Focal, "bce": c.BCE} {
		k := lossOf(name)
		if got := k.Value(c.X, c.Y); math.Abs(got-want.Loss) > 1e-5*want.Loss {
			t.Errorf("%s: loss %v, want %v", name, got, want.Loss)
		}
		grad := make([]float32, len(c.X))
		k.Gradient(grad, c.X, c.Y, 1)
		closeTo(t, name+" gradient", grad, want.Grad, 1e-5)
	}
}

func TestOptimizersEqualPyTorch(t *testing.T) {
	var cases []struct {
		Options models.OptimizerOptions
		Values  [][]float64
	}
	readGolden(t, "optimizers.json", &cases)
	for _, c := range cases {
		c.Options.EnsureDefaults()
		p := &param{name: "p", data: floats(goldentest.Noise("parameter", 9), 1)}
		o := newOptimizer(c.Options, kernels.NewWorkspace(), []*param{p})
		for step, want := range c.Values {
			grad := floats(goldentest.Noise(fmt.Sprintf("gradient%d", step), 9), float64(6-step))
			o.step([]*param{p}, [][]float32{grad}, .05)
			closeTo(t, fmt.Sprintf("%+v step %d", c.Options, step), p.data, want, 1e-6)
		}
	}
}

func floats(v []float64, scale float64) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = float32(v[i] * scale)
	}
	return out
}

// A schedule gives PyTorch's rates, also when it is stopped and loaded after
// every epoch.
func TestSchedulesEqualPyTorch(t *testing.T) {
	var cases []struct {
		Options        models.ScheduleOptions
		Metrics, Rates []float64
	}
	readGolden(t, "schedules.json", &cases)
	var kinds []string
	for _, c := range cases {
		kinds = append(kinds, c.Options.Kind)
		s, err := models.NewSchedule(c.Options)
		if err != nil {
			t.Fatal(err)
		}
		for epoch, want := range c.Rates {
			if math.Abs(s.LR()-want) > 1e-9*5e-4 {
				t.Errorf("%s: epoch %d has rate %v, want %v", c.Options.Kind, epoch, s.LR(), want)
			}
			if epoch < len(c.Metrics) {
				s.Step(c.Metrics[epoch])
			}
			next, _ := models.NewSchedule(c.Options)
			if err := next.Load(s.State()); err != nil {
				t.Fatal(err)
			}
			s = next
		}
	}
	if !slices.Equal(kinds, models.Schedules()) {
		t.Errorf("golden schedules %v, want %v", kinds, models.Schedules())
	}
}
