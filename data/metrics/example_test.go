package metrics_test

import (
	"fmt"
	"log"

	"hpaflow/data"
	"hpaflow/data/metrics"
)

// Batches of logits and targets add up to the scores of an epoch.
func Example() {
	epoch := metrics.NewEpoch(2)
	for _, batch := range []struct {
		logits, targets []float32
		loss            float64
	}{
		{[]float32{3, -1, 2, -2}, []float32{1, 0, 1, 1}, .4}, // two samples of two labels
		{[]float32{-1, 4}, []float32{1, 1}, .1},
	} {
		if err := epoch.Add(batch.logits, batch.targets, batch.loss); err != nil {
			log.Fatal(err)
		}
	}
	r := epoch.Result()
	fmt.Printf("%d samples, loss %.2f, accuracy %.2f, F1 %.2f, macro %.2f\n", r.Samples, r.Loss, r.Accuracy, r.F1, r.MacroF1)
	// Output:
	// 3 samples, loss 0.30, accuracy 0.67, F1 [0.80 0.67], macro 0.73
}

// Thresholds are chosen where they give a label to as many samples as have it.
func ExampleCalibrate() {
	p := [][]float64{{.9, .2}, {.7, .1}, {.3, .6}, {.2, .1}}
	labels := []data.Labels{data.LabelsOf(0), data.LabelsOf(0), data.LabelsOf(0, 1), 0}
	c, err := metrics.Calibrate(p, labels, 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Thresholds[0].Value, c.Thresholds[1].Value, c.Result.MacroF1)
	fmt.Println(metrics.Decide([]float64{.25, .05}, c.Thresholds))
	// Output:
	// 0.2 0.2 1
	// 0
}
