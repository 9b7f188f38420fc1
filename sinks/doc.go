// Package sinks holds what flows end in: folders of images, shards, tables (of
// labels, splits, hashes, duplicates, leaks), pictures for people to look at,
// dead letters, checkpoints, scores and reports of training, results of a
// search, averaged weights, probabilities, submissions, and standard output.
//
// What always holds:
//   - An output is visible under its name only when it is complete: it is
//     written under a temporary name, synced and renamed. A run that ends with
//     a cause leaves nothing but what was complete before. An event file alone
//     is appended to, since TensorBoard follows it; what a crash cuts off, the
//     next run cuts away.
//   - An output has one writer: a second run on it is refused, before any sink of
//     it is opened (flow.Locker).
//   - Many machines share an output only by units (component.ByUnit): what they
//     publish replaces nothing, and a run that is not by units is refused there.
//   - What an earlier run has completed is kept while it is what its inputs make
//     (package provenance), and the sink tells the sources so (flow.Completer,
//     flow.OriginCompleter). What is not is made anew, kept or refused, as the
//     run says.
//   - A file is replaced or removed only if it is of the sink's kind (package
//     results). Temporary files of a run that was killed are removed.
//   - Given the same records, the bytes written are the same, whatever the
//     number of workers.
//   - Standard output gets data and nothing else.
package sinks
