// Package names is the command that shows what a pattern makes of the names in a folder,
// before anything runs: its samples and their planes, what is missing, what is passed
// over, and the command that reads them. Without a pattern it proposes one.
//
// Not here: what patterns are (data/names) and how folders are listed (sources/images).
//
// What always holds: no file is opened, but for an archive or a list whose names are
// asked for; the same names give the same bytes.
package names
