// Package ops holds the operations between sources and sinks: decoding and
// merging channels, resizing, augmenting, batching, encoding, the training step
// and the trials of a search, averaging weights, predicting, thresholds and
// leaks. Each file holds one op: its Spec, and the function that does it.
//
// The work on pixels, networks and files is not here but in packages data and
// models; an op fits it to the engine.
//
// What always holds: an op never changes the value it is given, since others
// may read it too; it draws nothing at random but from the run's seed, the
// epoch and the record's key; and its errors name the plane or field at fault,
// to which the engine adds stage and key.
package ops
