// Package store is where files are when they need not be on this machine: a
// folder of the file system, a bucket of an object store, a web server. What
// takes a path takes a URL as well, and asks this package for it:
//
//	files, err := store.For(ctx, "s3://plates/2026/a?anonymous=true") // or "plates/a"
//	for object, err := range files.List(ctx, store.ListOptions{}) {
//		...
//		body, _, err := files.Open(ctx, object.Key)
//	}
//
// For gives a Store whose keys are paths below the URL. File is for a URL that
// names one file; it gives a Store and the file's key there. ReadAll and Put are
// for what is small, ReaderAt for what is read in pieces, such as a shard.
//
// # The interface
//
// Store has six methods, and everything above them is the same for all stores.
// It is the one interface between hpaflow and storage: rooms that know a
// particular store (data/store/s3 and so on) hold its library, and are made known
// by Register. Nothing registers itself; data/store/all has the list.
//
// # What always holds
//
//   - An object appears whole or not at all, when its Writer commits.
//   - Create with IfAbsent succeeds for one of any number of writers, on any number
//     of machines; the others get ErrExist. CheckIfAbsent tries whether a store
//     keeps that promise.
//   - What is read is what the version (ETag) says that was asked for, or the error
//     is ErrChanged.
//   - A listing is read page by page: ten million keys are never in memory.
//   - Errors name the object by its URL, without secrets, and say of what kind they
//     are: ErrNotExist, ErrExist, ErrChanged, ErrPermission, ErrCredentials,
//     ErrNoBucket, ErrUnsupported; whatever else may pass, it says by Temporary.
//     ErrNotExist is said of an object only, never of a bucket: what is missing
//     for want of a bucket or a right is not taken for what was never written.
//
// A listing has no order that holds for all stores.
//
// Results on the file system go through data/atomicfile here as elsewhere.
// storetest is the suite that every store passes.
package store
