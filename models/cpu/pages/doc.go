// Package pages makes large slices whose memory is of huge pages, where the system
// has them to give: a core keeps the addresses of some dozens of pages only, and the
// layers of a network go through memory with long steps.
//
// What a slice holds and how it is collected is as with make. Nothing here fails:
// where there are no huge pages, the slice is of the usual ones.
package pages
