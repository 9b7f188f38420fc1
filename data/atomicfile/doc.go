// Package atomicfile writes files that appear whole or not at all: under a
// temporary name in their folder, synced, then renamed.
//
// Write is for one file, Group for many small ones, which it syncs together.
// Lock keeps a second writer out of a folder, and Sweep removes the temporary
// files that a killed writer has left.
//
// What always holds: a file under its own name is complete; a temporary file's
// name ends in Suffix, so that it can be told from data; an error leaves the
// folder as it was; and so does Write of the bytes that are there already. The
// file system is behind FS, so that tests can make any step of it fail.
package atomicfile
