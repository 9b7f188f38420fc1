package cpu

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
	"hpaflow/models"
	"hpaflow/models/network"
)

// optionsGolden is what testdata/options.py computes.
type optionsGolden struct {
	Warmups []struct {
		Options        models.ScheduleOptions
		Metrics, Rates []float64
	}
	Losses []struct {
		Smoothing  float64
		X, Y, Soft []float32
		Focal, BCE struct {
			Loss float64
			Grad []float64
		}
	}
	Runs []struct {
		Name          string
		Options       models.Options
		Loss          float64
		Predict       []float64
		Live, Weights [][3]float64
	}
}

// A warmup gives timm's rates, with each schedule, also when it is stopped and
// loaded after every epoch.
func TestWarmupsEqualTimm(t *testing.T) {
	var golden optionsGolden
	readGolden(t, "options.json", &golden)
	var kinds []string
	for _, c := range golden.Warmups {
		kinds = append(kinds, c.Options.Kind)
		s, err := models.NewSchedule(c.Options)
		if err != nil {
			t.Fatal(err)
		}
		for epoch, want := range c.Rates {
			if math.Abs(s.LR()-want) > 1e-9*5e-4 {
				t.Errorf("%s: epoch %d has rate %v, want %v", c.Options.Kind, epoch, s.LR(), want)
			}
			s.Step(c.Metrics[epoch])
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

// Targets between 0 and 1 have PyTorch's losses and gradients.
func TestSoftLossesEqualPyTorch(t *testing.T) {
	var golden optionsGolden
	readGolden(t, "options.json", &golden)
	for _, c := range golden.Losses {
		for name, want := range map[string]struct {
			Loss float64
			Grad []float64
		}{"focal": c.Focal, "bce": c.BCE} {
			k := lossOf(name)
			if got := k.Value(c.X, c.Soft); math.Abs(got-want.Loss) > 1e-5*want.Loss {
				t.Errorf("%s, smoothing %v: loss %v, want %v", name, c.Smoothing, got, want.Loss)
			}
			grad := make([]float32, len(c.X))
			k.Gradient(grad, c.X, c.Soft, 1)
			closeTo(t, fmt.Sprintf("%s gradient, smoothing %v", name, c.Smoothing), grad, want.Grad, 1e-5)
		}
	}
}

// A few steps with an option move the weights as PyTorch and timm do. What
// counts is the move: the weights themselves hide it.
func TestOptionsEqualPyTorch(t *testing.T) {
	needsFastKernels(t)
	var golden optionsGolden
	readGolden(t, "options.json", &golden)
	const side, batch, batches, rate = 40, 3, 4, .02
	var begin []models.Tensor
	for i, c := range golden.Runs {
		if raced && i > 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			o := c.Options
			o.Height, o.Width, o.Batch, o.Optimizer = side, side, batch, models.OptimizerOptions{Kind: "sgd"}
			d, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			if begin == nil {
				begin = state(d).Weights
				goldenWeights(begin)
			}
			if err := d.Load(models.State{Weights: begin}); err != nil {
				t.Fatal(err)
			}
			var step models.Step
			var b *data.Batch
			for i := range batches {
				b = &data.Batch{N: batch, C: 4, H: side, W: side, Classes: 28, X: floats(goldentest.Noise(fmt.Sprintf("x%d", i), batch*4*side*side), 1)}
				for _, v := range goldentest.Noise(fmt.Sprintf("y%d", i), batch*28) {
					b.Y = append(b.Y, float32(math.Ceil(max(0, v-.7))))
				}
				if step, err = models.Train(t.Context(), d, b, rate); err != nil {
					t.Fatal(err)
				}
			}
			if math.Abs(step.Loss-c.Loss) > 1e-4*c.Loss {
				t.Errorf("the last loss is %v, want %v", step.Loss, c.Loss)
			}
			logits, err := d.Predict(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "logits", logits, c.Predict, 1e-3)
			s := state(d)
			digestsAre(t, "moves", moves(begin, s.Weights), c.Weights, 1e-2)
			live := s.Weights
			if o.EMA > 0 {
				live = live[:0:0]
				for _, m := range s.Optimizer {
					if name, is := strings.CutPrefix(m.Name, models.LiveName+"/"); is {
						live = append(live, models.Tensor{Name: name, Shape: m.Shape, Data: m.Data})
					}
				}
			}
			digestsAre(t, "moves of the weights that are trained", moves(begin, live), c.Live, 1e-2)
			frozen := d.opts.Frozen()
			for i, w := range live {
				if frozen(w.Name) && !slices.Equal(w.Data, begin[i].Data) {
					t.Errorf("%s is frozen, and has moved", w.Name)
				}
			}
		})
	}
}

// moves is how far tensors have come, those that options.py looks at.
func moves(from, to []models.Tensor) map[string][]float32 {
	const most = 40000
	list := map[string][]float32{}
	for i, w := range to {
		if len(w.Data) > most {
			continue
		}
		list[w.Name] = make([]float32, len(w.Data))
		for k := range w.Data {
			list[w.Name][k] = w.Data[k] - from[i].Data[k]
		}
	}
	return list
}

// Every network can be frozen: what is frozen stays, its batch norms' running
// statistics too, and all else moves. Over one position attention has nothing to
// learn.
func TestStagesFreeze(t *testing.T) {
	notForRaces(t)
	for _, name := range network.Names() {
		n := network.ByName(name)
		o := models.Options{Model: name, Height: 75, Width: 75, Batch: 2}
		if len(n.Stages) == 0 {
			t.Errorf("%s is not cut into stages", name)
			continue
		}
		stages := (len(n.Stages) + 1) / 2
		if o.Freeze = stages; !strings.HasPrefix(name, "resnet") { // which are PyTorch's above
			d, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			before := state(d)
			if _, err := models.Train(t.Context(), d, randomBatch(2, 75, 75, 1), 1e-2); err != nil {
				t.Fatal(err)
			}
			frozen, still := d.opts.Frozen(), 0
			for i, w := range state(d).Weights {
				same := slices.Equal(w.Data, before.Weights[i].Data)
				if same {
					still++
				}
				if same != frozen(w.Name) && !strings.Contains(w.Name, "attention.") {
					t.Errorf("%s, %d stages: %s stays: %v", name, stages, w.Name, same)
				}
			}
			if all := len(before.Weights); still == 0 || still == all {
				t.Errorf("%s, %d stages: %d of %d tensors stay", name, stages, still, all)
			}
		}
	}
}
