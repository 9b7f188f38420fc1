// Package embed has the sinks of single cells: tables of embeddings, drawings of
// attention, tables of neighbours, and the map of embeddings.
//
// A table that is one file lies row by row in NAME.part beside it until all rows
// are there, so that a run which was stopped loses the last few.
package embed
