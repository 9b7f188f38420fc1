package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"hpaflow/models"
	"hpaflow/models/checkpoint"
)

// After each epoch a checkpoint is saved. A run goes on from the last one, and
// the mean of their weights is what is used in the end.
func Example() {
	dir, err := os.MkdirTemp("", "checkpoint")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for epoch := range 3 {
		c := &checkpoint.Checkpoint{
			State:    models.State{Weights: []models.Tensor{{Name: "last_linear.bias", Shape: []int{2}, Data: []float32{float32(epoch), 1}}}},
			Position: checkpoint.Position{Epoch: epoch + 1},
		}
		if err := checkpoint.SaveCheckpoint(checkpoint.EpochDir(dir, epoch), c); err != nil {
			log.Fatal(err)
		}
	}

	path, err := checkpoint.ResumePoint(dir) // "" would mean to begin
	if err != nil {
		log.Fatal(err)
	}
	c, err := checkpoint.LoadCheckpoint(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(filepath.Base(path), "has", c.Position.Epoch, "epochs done")

	last, end, err := checkpoint.LastEpochs(dir, 2, -1)
	if err != nil {
		log.Fatal(err)
	}
	var mean checkpoint.Average
	for _, path := range last {
		weights, err := checkpoint.LoadWeights(path)
		if err == nil {
			err = mean.Add(weights)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	weights, err := mean.Weights()
	fmt.Println(checkpoint.AverageName(len(last), end), weights[0].Data, err)
	// Output:
	// epoch_0002 has 3 epochs done
	// swa.2.002 [1.5 1] <nil>
}
