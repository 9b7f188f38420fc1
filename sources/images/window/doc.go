// Package window is the order of an epoch that draws samples from a window of
// open shards, and what reads them ahead.
//
// A shuffle over all samples asks a disk, or a server, for one small piece
// after the other, all over the shards. Here a shard is read in extents: frames
// that stand near one another, up to 8 MiB, with one read. Shards come in random
// order, the extents of a shard too; so many shards are open at a time, with one
// extent each in memory, and every sample is drawn from all that are in memory.
//
// # What always holds
//
// The order follows from where the samples stand in the shards, from how many
// are open and from the generator, and from nothing else: not from memory,
// workers or time. Every sample comes once an epoch. No more shards are open than
// was said; where fewer are left, the window is filled with more extents of these.
//
// Nothing here opens a file or knows the format of one.
package window
