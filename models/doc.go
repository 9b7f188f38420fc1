// Package models is what trains networks, whatever computes: the Device that
// computes a step, the options of networks and optimisers, schedules of the
// learning rate, and prediction by several views.
//
// A network is described once, in package network. Package cpu is the device
// that computes here; others can stand beside it, and package devices chooses
// one. Package checkpoint keeps what training comes to, package statedict reads
// and writes files of tensors.
//
// The way through, for a training program:
//
//	dev, err := cpu.New(models.Options{Model: "resnet18", Height: 128, Width: 128, Batch: 32})
//	sched, err := models.NewSchedule(models.ScheduleOptions{Kind: "cosine", LR: 5e-4, Epochs: 4})
//	for epoch := range 4 {
//		step, err := models.Train(ctx, dev, batch, sched.LR()) // each batch: step.Loss, step.Logits
//		logits, err := dev.Predict(ctx, batch)           // each batch of validation
//		sched.Step(macroF1)                              // once an epoch
//		state, err := dev.State()
//		err = checkpoint.SaveCheckpoint(checkpoint.EpochDir(dir, epoch), &checkpoint.Checkpoint{
//			State:    state,
//			Position: checkpoint.Position{Epoch: epoch + 1, Schedule: sched.State()},
//		})
//	}
//
// To go on where a run stopped, see package checkpoint; to begin from another
// program's weights, or another run's:
//
//	weights, err := checkpoint.LoadWeights("resnet34-imagenet.pth")
//	fitted, err := dev.Init(weights)                     // fitted says what was done with each tensor
//
// Afterwards checkpoint.Average takes the mean of the last checkpoints,
// Statistics gives it statistics of its own, a Network predicts with it, and
// PredictViews does so by several views of each image. A device that works ahead
// of its results is kept busy by Submit, with Result some batches behind.
//
// What always holds:
//
//   - Tensors are float32 in C order: normalised images (N,C,H,W), logits (N,classes). A batch
//     may carry raw planes of 8 or 16 bits, which the device normalises.
//   - Tensor names and shapes are those of the published PyTorch state dicts:
//     conv1.weight, layer1.0.bn1.running_mean, last_linear.bias.
//   - The same options, seed and batches give the same bits, at any number of
//     threads, and so does a run that was stopped at any step and resumed. That
//     holds for the same program on all processors with AVX2 and FMA, and otherwise
//     on processors of one kind: other instructions round sums in another order,
//     and a run's checkpoints say which ones took part (cpu.Instructions).
//   - Layers, losses, optimisers and schedules compute what PyTorch computes;
//     golden numbers with the scripts that made them are in testdata.
//
// Scores of a network's output (F1, accuracy) are in data/metrics. Reading
// samples, batching and the loop over epochs are not here: see ops/training.
package models
