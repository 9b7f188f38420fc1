// Package shard is the format samples are kept in for training: tar files in
// seekable zstd, with an index.
//
// # The format
//
// A shard is a tar whose every sample is a zstd frame of its own, followed by a
// frame with the tar's end and a seek table in the seekable zstd format. So
// `zstd -dc SHARD | tar t`, Python's tarfile and WebDataset read it as it is, and
// one sample can be read without the others. A sample has two members:
//
//	KEY.rgby.npy   planes, as NumPy's format 1.0: shape (planes, height, width), |u1 or <u2, C order
//	KEY.json       {"id", "labels", "split", "source", "width", "height", "depth"}; labels is null when unknown
//
// Shards are called shard-00000.tar.zst and so on. Beside them index.parquet
// has a row a sample: key, shard, offset and length of its frame, raw size,
// checksum (XXH64 of the frame), labels, labelled, split; its metadata hold the
// SHA-256 of every shard and of the index itself.
//
// # What always holds
//
// The same samples in the same order give the same bytes, however many workers
// encode them: Encode does the work and depends on the sample alone, and Writer
// only appends.
//
// A shard and the index appear whole or not at all, and the index is rewritten
// after each shard. A shard the index does not know was left by a writer that
// was killed between the two; the next writer makes it anew. So a set of shards
// that was interrupted and continued is the set that would have come of one run.
//
// Readers believe no size a file claims before checking it against the file,
// and no frame before its checksum.
package shard
