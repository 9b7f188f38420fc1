package cpu_test

import (
	"context"
	"fmt"
	"log"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/cpu"
)

// batch is two images, a dark one and a bright one, with a label each.
func batch() *data.Batch {
	b := &data.Batch{N: 2, C: 1, H: 16, W: 16, Classes: 2, Y: []float32{1, 0, 0, 1}}
	for i := range b.N * b.C * b.H * b.W {
		b.X = append(b.X, float32(i/256)+float32(i%16)/16)
	}
	return b
}

// A network with initial weights takes two steps and predicts.
func Example() {
	ctx := context.Background()
	dev, err := cpu.New(models.Options{Model: "resnet18", Channels: 1, Classes: 2, Height: 16, Width: 16, Batch: 2, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	var losses []float64
	for range 2 {
		step, err := models.Train(ctx, dev, batch(), 1e-3)
		if err != nil {
			log.Fatal(err)
		}
		losses = append(losses, step.Loss)
	}
	fmt.Println("the loss falls:", losses[1] < losses[0])

	logits, err := dev.Predict(ctx, batch())
	if err != nil {
		log.Fatal(err)
	}
	state, err := dev.State()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(logits), "logits, of", state.Steps, "steps")
	// Output:
	// the loss falls: true
	// 4 logits, of 2 steps
}
