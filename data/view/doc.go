// Package view joins by Id what is known of samples - labels, splits, probabilities,
// groups, hashes, places on a map - in columns, and answers which of them a question
// picks, in which order, and what they have in common.
//
// Not here: what a file is and how it is read (cmd/hpaflow/view), and images.
//
// What always holds: a sample is a row, and its number never changes; columns are of one
// length, and compact: a million rows with 28 probabilities take some 200 MB; a question
// is answered by whole columns, never row by row through maps; the same files and the
// same question give the same rows in the same order.
//
// An Index is changed in Update, and looked at in View, by any number at once: what has
// been read so far can be seen while the rest is read.
package view
