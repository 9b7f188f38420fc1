// Package inputs finds out what paths are - shards, folders of images, tables of labels,
// splits, probabilities, thresholds, groups, hashes, embeddings, dead letters, runs - and
// reads them into an index, by the readers that flows use and within their bounds.
//
// Not here: what is asked of the index (data/view) and how it is shown.
//
// What always holds: what a file is, its content says, never its name alone; nothing is
// read but what was given and, of folders, what is in them, hidden files and links to
// folders left out; a file that cannot be read is listed with why, and the others are
// read all the same; nothing is written.
package inputs
