// Package cache keeps on a disk of this machine what was read from stores, so that
// what is read twice is sent once.
//
// Objects are kept in blocks of 1 MiB, under their URL and version: what has another
// version is another object, and nothing needs to be taken back. Whether an object
// still has a version is asked of its store each time it is opened.
//
// What always holds: a block has the bytes that the store gave, which a checksum
// shows, since blocks are not synced and may be lost with the machine; the blocks
// that were used longest ago go first; and several processes may share a folder,
// each of which may pass the size by a sixteenth. What cannot be kept is read all
// the same, and Err says why.
//
// Objects without a version, or with a weak one, are not kept.
package cache
