// Package remote is how sources read what is in an object store or on a web
// server: folders that are listed page by page, and a stage that gets the files of
// many samples at once.
//
// A source lists, and its samples say by name, size and version what they are made
// from. The stage behind it, NAME.fetch, gets their bytes: the files of a sample
// together, and those of as many samples as it takes to hide how far the store is.
// It waits and does not compute; what it waits is told apart from work (flow.Outside).
// Its bytes count against the run's memory before they are asked for.
//
// Which samples there are, and in what order, is the source's matter, not this
// package's.
package remote
