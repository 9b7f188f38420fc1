// Package models holds the networks and what trains them: layers, losses,
// optimisers, schedules, checkpoints, and the Device that computes a step.
//
// A network (resnet.go, inception.go, seresnext.go) is described once, against
// the interface layers. From it the builder makes a Gorgonia graph that trains,
// whose every node is an operation of this package over models/kernels, because
// Gorgonia's own are slow or, for batch norm and average pools, wrong; and the
// planner a plan that only predicts, with batch norm folded into the
// convolutions and memory shared between layers. A step of training keeps each
// convolution's result and computes batch norm's again on the way back.
//
// The way through the package, for a training program:
//
//	dev, err := cpu.New(models.Options{Model: "resnet18", Height: 128, Width: 128, Batch: 32})
//	sched, err := models.NewSchedule(models.ScheduleOptions{Kind: "cosine", LR: 5e-4, Epochs: 4})
//	for epoch := range 4 {
//		step, err := dev.Train(ctx, batch, sched.LR())   // each batch: step.Loss, step.Logits
//		logits, err := dev.Predict(ctx, batch)           // each batch of validation
//		sched.Step(macroF1)                              // once an epoch
//		err = checkpoint.SaveCheckpoint(checkpoint.EpochDir(dir, epoch), &checkpoint.Checkpoint{
//			State:    dev.State(),
//			Position: checkpoint.Position{Epoch: epoch + 1, Schedule: sched.State()},
//		})
//	}
//
// and to go on where a run stopped:
//
//	path, err := checkpoint.ResumePoint(dir)                 // "" when there is none
//	c, err := checkpoint.LoadCheckpoint(path)
//	err = dev.Load(c.State)
//	err = sched.Load(c.Position.Schedule)
//
// and to begin from another program's weights, or another run's:
//
//	weights, err := checkpoint.LoadWeights("resnet34-imagenet.pth")
//	fitted, err := dev.Init(weights)                     // fitted says what was done with each tensor
//
// Afterwards Average takes the mean of the last checkpoints, Recompute gives it
// statistics of its own, Predictor predicts with it, and PredictViews does so by
// several views of each image.
//
// What always holds:
//
//   - Tensors are float32 in C order: images (N,C,H,W), logits (N,classes).
//     Between layers, images lie in blocks of channels (kernels.Lanes).
//   - Tensor names and shapes are those of the published PyTorch state dicts:
//     conv1.weight, layer1.0.bn1.running_mean, last_linear.bias.
//   - The same options, seed and batches give the same bits on the same kind
//     of machine (cpu.Instructions), at any number of threads, and so does a run
//     that was stopped at any step and resumed. Other instructions round sums in
//     another order, and a run's checkpoints say which ones took part.
//   - Layers, losses, optimisers and schedules compute what PyTorch computes;
//     golden numbers with the scripts that made them are in testdata.
//
// Scores of a network's output (F1, accuracy) are in models/metrics, files of
// tensors in models/statedict, the arithmetic in models/kernels. Reading
// samples, batching and the loop over epochs are not here: see ops.
package models
