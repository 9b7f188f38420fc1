// Package feed reads what stands on standard input or in a pipe: names of files, one a
// line, and anything else from a source that may have nothing to give for long.
//
// Not here: what the names are of, and archives (data/archive).
//
// What always holds: a name that no path can be as long as costs no more than one that
// is; a wait ends with the run, and is booked as one for something outside it.
package feed
