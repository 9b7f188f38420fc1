// Package zarr reads arrays of Zarr, versions 2 and 3: a piece of an array is fetched as
// the encoded chunks it lies in, from a folder or a store, and decoded from these.
//
// Read are numbers of 8 to 64 bits, unsigned, signed and floating-point, in both byte
// orders; chunks as they are or compressed by Blosc, zlib, gzip, zstd or LZ4, with
// crc32c, transposed, and in shards (sharding_indexed), of which only the chunks that are
// wanted are read. Whatever else there is is refused by the name of file and key.
//
// Not here: writing; what the axes of an array are, and which arrays are images (package
// ome); what becomes of numbers that are no pixels (package codec).
//
// Metadata are in version2.go, version3.go and datatype.go, the ways chunks are encoded in codecs.go
// and sharding.go. Fetch (fetch.go) gives an Extract (extract.go): the array's metadata and
// chunks as they were stored, which can be handed on as one piece of bytes and whose
// digest is theirs; its Place (place.go) decodes.
//
// What always holds:
//   - Numbers are what zarr-python gives, bit for bit.
//   - A chunk that is not there is of the array's fill value. One that is cut off or
//     damaged is an error, never fill.
//   - Metadata are read within bounds of size, of dimensions and of how deep codecs lie in
//     one another; what a chunk will take is known (Array.ChunkBytes) before memory is
//     spent on it, and held to a limit.
package zarr
