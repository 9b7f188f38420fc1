// Package shards is the format samples are kept in for training, and their
// probabilities after it: tar files in seekable zstd, with an index.
//
// # The format
//
// A shard is a tar whose every sample is a zstd frame of its own, followed by a
// frame with the tar's end and a seek table in the seekable zstd format. So
// `zstd -dc SHARD | tar t`, Python's tarfile and WebDataset read it as it is, and
// one sample can be read without the others. A sample has two members: an array
// in NumPy's format 1.0 and C order, whose name says its kind, and JSON. All
// samples of a folder are of one kind:
//
//	Planes          KEY.rgby.npy    shape (planes, height, width), |u1 or <u2
//	                KEY.json        {"id", "labels", "split", "source", "width", "height", "depth", "planes"}
//	Probabilities   KEY.probs.npy   shape (classes,), <f8, 0..1
//	                KEY.json        {"id", "labels", "split", "source"}
//
// In both, labels is null when unknown. In the JSON, planes are the planes' names, in
// their order; without them four are red, green, blue and yellow. There are as many
// planes as data.MaxPlanes, whatever the member is called. With the payload Up they are in
// KEY.rgby.up.npy, which holds each value less the one above it, modulo 256 or
// 65536, and the JSON has "filter": "up". NumPy undoes it:
//
//	planes = numpy.add.accumulate(planes, axis=1, dtype=planes.dtype)
//
// Probabilities are kept as they were computed, in 64 bits: what they come to
// through shards is what they would have come to without.
//
// Shards are called shard-00000.tar.zst and so on. Beside them index.parquet
// has a row a sample: key, shard, offset and length of its frame, raw size,
// checksum (XXH64 of the frame), labels, labelled, split; its metadata hold the
// SHA-256 of every shard and of the index itself, and the kind, unless that is
// planes. Its rows stand in groups of 262,144, which bounds what is in memory while
// it is written. Readers hold all rows: see TestLargeIndex for what that takes. A set
// of more samples than a machine holds is several folders of shards, which source
// "samples" takes as one.
//
// # Payloads
//
// How the planes of real samples, 4 x 512 x 512 of 8 bits, fare; all of it on one
// core, into and out of the sample's memory, checksums included (BenchmarkPayload):
//
//	payload             size of raw   encode MB/s   decode MB/s   to undo in NumPy
//	huffman (default)   0.492         605           680           nothing
//	up                  0.517         465           575           the line above
//	zstd, fastest       0.453         245           740           nothing
//
// Huffman and Up are zstd frames whose blocks hold Huffman-coded literals and no
// matches. Most of these images use few of the 256 grey levels, which a filter
// hides from the coder; it pays on smooth images that use all of them, and on
// these not enough for what it costs a reader. The planes' average filter, by
// which PNGs are smaller, has no inverse in NumPy. zstd's matches save 8% at
// less than half the speed of encoding, which is what makes shards wait.
//
// # What always holds
//
// The same samples in the same order give the same bytes, however many workers
// encode them: Encode does the work and depends on the sample alone, and Writer
// only appends.
//
// A shard and the index appear whole or not at all, and the index is rewritten
// after each shard. A shard the index does not know was left by a writer that
// was killed between the two, or its index is lost; the next writer takes it in,
// once it has read all of it, or refuses to work: it removes none. A sample that
// is made again takes the place it had in its shard, and so do those of a shard
// that is missing or not as long as it was. So a set of shards that was
// interrupted and continued is the set that would have come of one run.
//
// Readers believe no size a file claims before checking it against the file,
// and no frame before its checksum. An index may have been made up, its digest
// too: it is held to what a file of its size can hold before it is read.
package shards
