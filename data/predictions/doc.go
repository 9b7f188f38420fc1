// Package predictions holds tables of label probabilities: reading and writing
// them, and joining those of several networks into one.
//
// # The format
//
// CSV, or compressed CSV when the name ends in .zst. Without labels the columns
// are Id,P00..P27; with labels Id,L00..L27,P00..P27. A probability has 4
// decimals, a label is 0 or 1. Columns are found by their header.
//
// # What always holds
//
// Rows are told apart by their Id and never by their place: two tables are
// joined whatever the order of their rows. A table whose Ids are not those of
// the others is refused with the Ids by name; nothing is filled in or left out.
//
// Networks and images are not here, nor what follows from probabilities:
// thresholds are in models/metrics, submissions in data/submission.
package predictions
