// Package search runs the trials of the search for an augmentation policy:
// each is a flow of its own, trained for a few epochs and scored.
package search
