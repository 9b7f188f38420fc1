package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
)

// averagingGolden is what testdata/averaging.py computes.
type averagingGolden struct {
	Average, Statistics map[string][3]float64
	TTA1, TTA4, TTA8    []float64
	Views               [][]float64
}

// averagingImages is averaging.py's images.
func averagingImages(name string, n int) *data.Batch {
	return &data.Batch{N: n, C: 4, H: 64, W: 64, X: floats(goldentest.Noise(name, n*4*64*64), 1)}
}

// averaged is the mean of averaging.py's checkpoints.
func averaged(t *testing.T) []models.Tensor {
	t.Helper()
	d, err := New(models.Options{Height: 64, Width: 64, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	var a checkpoint.Average
	for k := range 4 {
		weights := state(d).Weights
		goldenWeights(weights)
		for _, w := range weights {
			for i, u := range goldentest.Noise(fmt.Sprintf("%s@%d", w.Name, k), len(w.Data)) {
				w.Data[i] += float32(u / 8)
			}
		}
		if err := a.Add(weights); err != nil {
			t.Fatal(err)
		}
	}
	mean, err := a.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return mean
}

// recomputed is the weights with the statistics of averaging.py's batches.
func recomputed(t *testing.T, mean []models.Tensor) []models.Tensor {
	t.Helper()
	r, err := NewStatistics(models.Options{Height: 64, Width: 64, Batch: 3}, mean)
	if err != nil {
		t.Fatal(err)
	}
	for k, n := range []int{3, 3, 2} {
		if err := r.Add(context.Background(), averagingImages(fmt.Sprintf("batch%d", k), n)); err != nil {
			t.Fatal(err)
		}
	}
	weights, err := r.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return weights
}

// The running mean, and the statistics that one pass over three batches of
// different sizes gives, are PyTorch's.
func TestAveragingEqualsPyTorch(t *testing.T) {
	notForRaces(t)
	var want averagingGolden
	readGolden(t, "averaging.json", &want)
	mean := averaged(t)
	if len(mean) != len(want.Average) {
		t.Errorf("%d tensors, PyTorch has %d", len(mean), len(want.Average))
	}
	for _, w := range mean {
		digestIs(t, w.Name, w.Data, want.Average[w.Name], want.Average[w.Name][0], 1e-6)
	}
	var worst float64
	weights := recomputed(t, mean)
	statistics := 0
	for _, w := range weights {
		if strings.Contains(w.Name, "running") {
			statistics++
			worst = max(worst, digestIs(t, w.Name, w.Data, want.Statistics[w.Name], want.Statistics[w.Name][0], 1e-4))
		} else {
			digestIs(t, w.Name, w.Data, want.Average[w.Name], want.Average[w.Name][0], 1e-6)
		}
	}
	t.Logf("statistics differ from PyTorch's by %.1e of their norm", worst)
	if statistics != len(want.Statistics) {
		t.Errorf("%d statistics, PyTorch has %d", statistics, len(want.Statistics))
	}
}

// Probabilities of 1, 4 and 8 views are PyTorch's with the same weights, and
// the network is shown the very images that numpy's flips and transposes give.
func TestViewsEqualNumpy(t *testing.T) {
	notForRaces(t)
	var want averagingGolden
	readGolden(t, "averaging.json", &want)
	weights := averaged(t)
	for _, w := range weights {
		if strings.HasPrefix(w.Name, "last_linear") {
			for i := range w.Data {
				w.Data[i] /= 64
			}
		}
	}
	p, err := NewNetwork(models.Options{Height: 64, Width: 64, Batch: 2}, 1)
	if err == nil {
		_, err = p.Load(weights)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := averagingImages("tta", 2)
	before := slices.Clone(b.X)
	var worst float64
	for n, probabilities := range map[int][]float64{1: want.TTA1, 4: want.TTA4, 8: want.TTA8} {
		shown := 0
		got, err := models.PredictViews(context.Background(), watched{p, func(v pixel.Dihedral) {
			seen := p.runners[0].seen(b, v)
			closeTo(t, fmt.Sprintf("corner of view %d", shown), slices.Concat(seen[:3], seen[64:67]), want.Views[shown], 1e-6)
			for i, x := range seen { // every pixel, by numpy's rules
				k, y, c := i/(64*64), i/64%64, i%64
				if shown&2 != 0 {
					y = 63 - y
				}
				if shown&1 != 0 {
					c = 63 - c
				}
				if shown&4 != 0 {
					y, c = c, y
				}
				if x != before[k*64*64+y*64+c] {
					t.Fatalf("view %d differs at value %d", shown, i)
				}
			}
			shown++
		}}, b, n)
		if err != nil || shown != n || !slices.Equal(b.X, before) {
			t.Fatalf("%d of %d views, %v", shown, n, err)
		}
		for i, w := range probabilities {
			if math.Abs(got[i]-w) > 1e-4 {
				t.Errorf("%d views: probability %d is %v, PyTorch's is %v", n, i, got[i], w)
			}
			worst = max(worst, math.Abs(got[i]-w))
		}
	}
	t.Logf("probabilities differ from PyTorch's by %.1e", worst)
}

// watched is a network whose views are looked at before it predicts.
type watched struct {
	*Network
	look func(pixel.Dihedral)
}

func (w watched) Predict(ctx context.Context, b *data.Batch, views ...pixel.Dihedral) ([]float32, error) {
	for _, v := range views {
		w.look(v)
	}
	return w.Network.Predict(ctx, b, views...)
}

func TestAveragingRefuses(t *testing.T) {
	notForRaces(t)
	var a checkpoint.Average
	if _, err := a.Weights(); err == nil {
		t.Error("the mean of no checkpoints")
	}
	w := []models.Tensor{{Name: "w", Shape: []int{2}, Data: []float32{1, 2}}}
	if err := a.Add(w); err != nil {
		t.Fatal(err)
	}
	if err := a.Add([]models.Tensor{{Name: "w", Shape: []int{1}, Data: []float32{9}}, {Name: "v"}}); err == nil ||
		!strings.Contains(err.Error(), "tensor w has shape [1], want [2]; tensor v is unknown") {
		t.Errorf("error %v", err)
	}
	if got, err := a.Weights(); err != nil || !slices.Equal(got[0].Data, w[0].Data) {
		t.Errorf("after a checkpoint of another network the mean is %v, %v", got, err)
	}
	b := &data.Batch{N: 1, C: 4, H: 2, W: 3, X: make([]float32, 24)}
	for n, want := range map[int]string{8: "of 3x2 pixels has another size", 5: "by 5 views"} {
		if _, err := models.PredictViews(context.Background(), nil, b, n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d views: %v", n, err)
		}
	}
	r, err := NewStatistics(models.Options{Height: 64, Width: 64, Batch: 2}, averaged(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Weights(); err == nil {
		t.Error("statistics of no batch")
	}
}
