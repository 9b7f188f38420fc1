// Package training has the ops between samples and checkpoints: augmenting,
// batching, the training step with its validation, and the averaging of weights.
//
// What always holds: what is random is drawn from the run's seed, the epoch and
// the record's key; a step that goes on where an earlier run stopped ends with
// the bits of one that was never stopped.
package training
