// Package challenge holds the labels that are claimed for test samples: the
// file that a challenge takes, Id,Predicted, and known labels in place of
// predicted ones.
//
// What always holds: rows keep their order, and rows of other tables are found
// by Id; Predicted lists label numbers, smallest first, separated by blanks, and
// may be empty; nothing that is given is changed. How probabilities become
// labels is not here but in data/metrics.
package challenge
