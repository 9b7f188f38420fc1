// Package atomicfile writes files that appear whole or not at all: under a
// temporary name in their folder, synced, then renamed.
//
// Write is for one file, Group for many small ones, which it syncs together.
// Lock keeps a second writer out of a folder, and Claim one that may turn out
// not to be needed; Sweep removes the temporary files that a killed writer has
// left, and not those of one that lives.
//
// Publish and WriteOnce are for names that several writers may want at once, on
// one machine or on many: the first has it, and whoever comes with the same bytes
// has done as well.
//
// What always holds: a file under its own name is complete; a temporary file's
// name ends in Suffix, so that it can be told from data; an error leaves the
// folder as it was; and so does Write of the bytes that are there already. The
// file system is behind FS, so that tests can make any step of it fail.
//
// A name that is no regular file is not replaced: a device, a pipe or a socket
// is written to, as it goes, and of a link what it leads to is replaced.
//
// Files and folders get the mode that the umask leaves. Where a file system
// cannot sync a folder or lock, or a folder may not be read, writing goes on
// without, and Conceded says so; what others write is synced by Sync and SyncDir.
// Publish links where it can, and else moves a copy without replacing.
package atomicfile
