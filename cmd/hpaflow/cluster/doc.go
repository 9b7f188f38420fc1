// Package cluster is the program's side of a cluster: the commands cluster and
// work, and what run --cluster does. Package flow/cluster talks to the broker,
// flow/units and flow/units/steps know what is done; here they are joined.
//
// A worker is two processes. The one that was started (Slots) keeps a slot going,
// and starts another when it is killed, by a record that needs more memory than
// there is, say. The slot takes units and works on them, one at a time. It ends
// when its parent does.
//
// What always holds: whether a unit is done is read from the storage, never from
// the broker; the first SIGTERM lets a worker finish its unit, and the second lets
// it give the unit back.
package cluster
