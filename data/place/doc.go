// Package place does with the name of a file or a folder, which may be a URL,
// what os and data/atomicfile do with a path. It is for rooms that read or publish
// whole files and do not care where these are; what is particular to object stores
// is in data/store, by which a URL is opened.
//
// What always holds:
//
//   - A path of this machine goes through os and atomicfile, as if this package were
//     not there: links, syncs and hard links are theirs.
//   - file:///x is the path /x (Path).
//   - Publish and WriteOnce never replace: the name is had by one of any number of
//     writers, and one that comes with the same bytes has done as well. In a store
//     that is a PUT on the condition that nothing is there.
//   - A Mirror is for what needs a folder of this machine and is to be in a store: it
//     is brought, and put again as it changes, so that a kill at any moment leaves
//     the store with what it had or with what it was to have.
//   - What is missing is fs.ErrNotExist, what is there with other bytes an
//     atomicfile.OtherError, wherever it is.
package place
