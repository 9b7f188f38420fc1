// Package data is the domain: what a sample, its planes, its labels and its
// probabilities are. It imports nothing of ours, and everything else may import
// it; its rooms hold what is done with such data, each under its own name:
// codecs, pixels, shards, tables, duplicates, splits, metrics.
//
// What always holds: planes lie one after the other, never interleaved and never
// premultiplied, in 8 or 16 bits; labels are a set of numbers below MaxClasses; an
// Id is fit to name a file.
package data
