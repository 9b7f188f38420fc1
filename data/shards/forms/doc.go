// Package forms writes shards in the layouts of other libraries: WebDataset's tars,
// streaming's MDS, Parquet as datasets reads it, and litdata's chunks.
//
// # What a reader gets of a sample
//
//	form      files                      members or columns
//	tar       shard-00000.tar            KEY.png or KEY.npy, KEY.json, and KEY.cls where each sample of the set has exactly one label
//	mds       shard.00000.mds,           image (ndarray or png), key (str), labels, planes (json), split (str)
//	          index.json
//	parquet   shard-00000.parquet        key, image (bytes, path) of PNGs or else npy (bytes), labels (list of int32, or null), split,
//	                                     source, planes, width, height, depth
//	litdata   chunk-0-0.bin, index.json  image (array, or a PNG's bytes), key, labels and planes (text, JSON), split
//
// Arrays have the shape (planes, height, width). Labels are numbers, ascending; null where
// nobody knows them, and empty where there are none. KEY.json has id, labels, split,
// source, width, height, depth and planes, the planes' names. A PNG has the planes as its
// channels: one as grey, three as RGB, four as RGB and alpha.
//
// # What always holds
//
// The same samples and options give the same bytes. Which samples are in which file follows
// from the index of the shards alone, and so does whether a file that is there is made of
// what it would be made of now (Plan). A file appears whole or not at all; what a reader
// finds files by, index.json, comes last. Record, a file beside them, says which are whole.
//
// A folder that holds anything else is refused, as is one of another form.
//
// Not here: reading these layouts. Tars are read by source "webdataset".
package forms
