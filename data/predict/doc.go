// Package predict holds tables of label probabilities: reading and writing
// them, and joining those of several networks into one.
//
// # The formats
//
// A table's name says what it is:
//
//	NAME.csv       CSV
//	NAME.csv.zst   the same, compressed
//	NAME.shards    a folder of shards, as package shards has them
//
// CSV has the columns Id,P00..P27, or Id,L00..L27,P00..P27 with labels. A
// probability has 4 decimals, a label is 0 or 1. Columns are found by their
// header. Shards keep all digits of a probability, and the sample's split; their
// rows are in the order in which they were written.
//
// # What always holds
//
// Rows are told apart by their Id and never by their place: two tables are
// joined whatever the order of their rows. A table whose Ids are not those of
// the others is refused with the Ids by name; nothing is filled in or left out.
//
// A table appears whole or not at all, and until then what has its name stays.
// A folder of shards is written under NAME.shards.part; a writer that finds one
// there goes on after its last shard if its caller knows that it was begun from
// the same (package provenance), and else begins anew, so that rows of two
// makings are never in one table. Only what holds nothing but shards is replaced
// or removed.
//
// Networks and images are not here, nor what follows from probabilities:
// thresholds are in data/metrics, submissions in data/challenge.
package predict
