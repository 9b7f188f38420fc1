// Package forms writes shards in the layouts of other libraries: WebDataset's tars.
//
// # What a reader gets of a sample
//
//	form      files                      members or columns
//	tar       shard-00000.tar            KEY.png or KEY.npy, KEY.json, and KEY.cls where each sample of the set has exactly one label
//
// Arrays have the shape (planes, height, width). Labels are numbers, ascending; null where
// nobody knows them, and empty where there are none. KEY.json has id, labels, split,
// source, width, height, depth and planes, the planes' names. A PNG has the planes as its
// channels: one as grey, two as grey and alpha, three as RGB, four as RGB and alpha.
//
// # What always holds
//
// The same samples and options give the same bytes. Which samples are in which file follows
// from the index of the shards alone, and so does whether a file that is there is made of
// what it would be made of now (Plan). A file appears whole or not at all. Record, a file beside them, says which are whole.
//
// A folder that holds anything else is refused, as is one of another form.
//
// Not here: reading these layouts. Tars are read by source "webdataset".
package forms
