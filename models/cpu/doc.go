// Package cpu is the device that computes here: models.Device over the kernels
// below. It reads a network twice: the builder makes a Gorgonia graph that
// trains, whose every node is an operation of this package, because Gorgonia's
// own are slow or, for batch norm and average pools, wrong; the planner makes a
// plan that only predicts, with batch norm folded into the convolutions and
// memory shared between layers. Where there are images enough, each thread runs the
// plan for images of its own, and layers with large results and few weights take few
// of them at once (package parts). A step of training keeps convolutions' results,
// but for those that are cheap to compute again on the way back, as batch norm's are
// (backward.go); all results lie in one piece of memory, each for its time.
// Concatenations that only batch norms read are never made, so that a dense block
// takes what its parts do.
//
// New makes a device, NewNetwork one that only predicts, several batches at
// once, and NewStatistics one that gives averaged weights statistics; Backend
// is the three of them.
//
// What always holds: between layers, images lie in blocks of channels
// (kernels.Lanes); the same options, seed and batches give the same bits at any
// number of threads; a panic in a kernel is an error of the step.
package cpu
