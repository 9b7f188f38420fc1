// Package pixel holds operations on the pixels of an image: resizing, and the
// eight turns and flips of a square. Each works on every plane alone, so that
// no channel ever weighs another, and yields a new image.
//
// Not here: reading and writing files (see codec), and anything random: which
// operation to do is decided by the caller.
//
// What always holds: 8 bits in are 8 bits out, 16 are 16; a result that a
// Python tool of the field defines equals it to the bit, as the golden digests
// in testdata, and the script that made them, show.
package pixel
