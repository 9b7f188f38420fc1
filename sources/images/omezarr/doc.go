// Package omezarr is how sources read OME-Zarr: plates, wells, images and what
// bioformats2raw makes, from folders and stores.
//
// A source lists by metadata alone (package data/zarr/ome). Each image is a sample, whose
// files are its channels: pieces of its array, as encoded chunks. The stage behind the
// source, NAME.fetch, gets their bytes, from a disk as from a store; op decode and all
// others find them in memory, as those of files that came in a stream.
//
// Not here: what metadata mean (data/zarr/ome), how chunks are read and decoded
// (data/zarr), and fields of sources.
//
// What always holds:
//   - A sample's key is PLATE_WELL_FIELD, with keys = "path" PLATE/WELL/FIELD; that of an
//     image alone is the name of its folder. Samples are in the order of their keys.
//   - A channel is taken by its name or by its number. One without either is never taken
//     for another, unless no channel has a name and there are as many as are asked for,
//     which the run says.
//   - What a sample is made from is known by the contents of its chunks and of its
//     array's metadata. Where the store tells of objects without being asked for each,
//     or is a folder, their sizes and times are the shortcut.
//   - A chunk that is missing is of the fill value, and the run says of which samples all
//     are missing; a chunk that is cut off is a dead letter.
//   - Limits of pixels and of bytes are asked before either is there.
package omezarr
