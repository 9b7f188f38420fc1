// Package ome says what the groups of an OME-Zarr are (NGFF 0.1 to 0.5): plates and
// wells, the layout of bioformats2raw, and images of several levels, whose channels have
// names.
//
// Not here: chunks and numbers (package zarr); which channels become which planes, and
// what a sample is called (sources/images/omezarr).
//
// What always holds:
//   - Nothing is listed: metadata alone say what there is, so that web servers are read
//     as folders are. Groups of labels (masks) are no images, and are not looked at.
//   - Paths in metadata lead to what is below, never elsewhere.
//   - Metadata are read within bounds of size and of number.
//   - Errors name the file, and the key in it.
package ome
