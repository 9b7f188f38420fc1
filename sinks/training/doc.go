// Package training has the sinks of a training run's folder: checkpoints, scores
// as CSV and as TensorBoard events, and averaged weights.
package training
