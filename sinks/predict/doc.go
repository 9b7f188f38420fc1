// Package predict has the sinks of probabilities and of the thresholds and
// scores that are chosen by them.
package predict
