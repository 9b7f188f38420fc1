// Package predict has the ops after training: probabilities of batches, by
// several views of each image, thresholds chosen on them, and the labels that
// these claim.
package predict
