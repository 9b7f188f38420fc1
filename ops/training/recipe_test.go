package training

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/metrics"
	"hpaflow/models/checkpoint"
)

// Targets of a smoothed batch are timm's, and the batch keeps its own.
func TestSmoothedTargets(t *testing.T) {
	b := &data.Batch{N: 1, Y: []float32{0, 1, .3}}
	got := smoothed(b, .1).Y
	for i, want := range []float64{.05, .95, .32} {
		if math.Abs(float64(got[i])-want) > 1e-7 {
			t.Errorf("target %d is %v, want %v", i, got[i], want)
		}
	}
	if !slices.Equal(b.Y, []float32{0, 1, .3}) {
		t.Errorf("the batch's targets are %v now", b.Y)
	}
	if smoothed(b, 0) != b {
		t.Error("without smoothing it is another batch")
	}
}

// A run ends when so many epochs after the best have not been better. Equal ones
// are not.
func TestStops(t *testing.T) {
	for _, c := range []struct {
		scores []float64
		after  int
		stop   bool
	}{
		{nil, 1, false},
		{[]float64{.5}, 1, false},
		{[]float64{.5, .5}, 1, true},
		{[]float64{.5, .4}, 2, false},
		{[]float64{.5, .4, .45}, 2, true},
		{[]float64{.5, .4, .51}, 2, false},
		{[]float64{.5, .4, .51, .5, .51}, 2, true},
		{[]float64{.5, .4, .3, .2}, 0, false},
		{[]float64{0, 0, 0}, 2, true},
	} {
		var history []checkpoint.EpochScores
		for i, f1 := range c.scores {
			history = append(history, checkpoint.EpochScores{Epoch: i, Val: &metrics.Result{MacroF1: f1}})
		}
		note, stop := stops(history, c.after)
		if stop != c.stop || stop == (note == "") {
			t.Errorf("%v, stop_after %d: %v, %q", c.scores, c.after, stop, note)
		}
	}
	history := []checkpoint.EpochScores{{Epoch: 0, Train: metrics.Result{MacroF1: .25}}, {Epoch: 1}, {Epoch: 2}}
	if note, _ := stops(history, 2); !strings.HasPrefix(note, "stopped after epoch 2: in 2 epochs none had a better macro F1 than epoch 0, with 0.250") {
		t.Errorf("note %q", note)
	}
}
