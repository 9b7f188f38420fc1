package models_test

import (
	"fmt"
	"log"

	"hpaflow/models"
)

// A schedule gives the rate of each epoch, and goes on where another stopped.
func ExampleSchedule() {
	o := models.ScheduleOptions{Kind: "cosine", LR: .1, Epochs: 4}
	sched, err := models.NewSchedule(o)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", sched.LR())
	sched.Step(.6) // the epoch's score, which only reduce_lr_on_plateau looks at
	stopped := sched.State()

	again, err := models.NewSchedule(o)
	if err == nil {
		err = again.Load(stopped)
	}
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		fmt.Printf("%.4f\n", again.LR())
		again.Step(.7)
	}
	// Output:
	// 0.1000
	// 0.0854
	// 0.0500
	// 0.0146
}

// Options say all that is wrong with them at once.
func ExampleOptions() {
	o := models.Options{Model: "resnet17", Height: 64, Loss: "focus"}
	o.EnsureDefaults()
	fmt.Println(o.Channels, o.Classes, o.Batch)
	fmt.Println(o.Validate())
	// Output:
	// 4 28 32
	// model "resnet17" is not one of resnet18, resnet34, inception_v3, se_resnext50, densenet121, convnext_tiny
	// loss "focus" is not one of focal, bce
	// width is 0, want at least 1
}
