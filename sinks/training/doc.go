// Package training has the sinks of a training run's folder: checkpoints, scores
// as CSV and as TensorBoard events, with pictures and curves, and averaged weights.
package training
