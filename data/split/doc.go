// Package split divides samples into folds that are alike in their labels, and
// folds into training, validation and held-out sets.
//
// Groups joins samples that show the same picture, Stratify gives each group a
// fold, Number orders the folds so that pairs of them are even, and Name says
// which split a fold is in. Shares counts how well it came out.
//
// What always holds: a group is never divided; the result depends on the order
// of the samples, the duplicates and the generator alone; the time is near
// linear in the number of samples.
package split
