// Package regular opens what should be a regular file, and refuses what is
// something else: a folder, a named pipe, a device, a socket.
//
// All that reads a named input whole, or more than once, opens it here: images,
// tables, weights, shards, lists of labels. Streams that may come by a pipe, such
// as the names and tars of a source, are read elsewhere.
//
// What always holds: nothing here waits for another process. To open a pipe the
// plain way is to wait for who writes to it, which no signal could end, and what
// is read of a device may never end.
package regular
