// Package imagehash finds images that look alike: it hashes a grey plane to 64
// bits that small changes leave as they are.
//
// AHash and PHash are the average and the perceptual hash of Python's
// ImageHash 4.0, and equal them on every image, so that tables made by either
// can be joined. Where an image is symmetric or flat, many of the values that
// PHash compares are zero but for rounding, and the hash is decided by it;
// therefore the cosine transform here rounds as SciPy's does, operation by
// operation.
//
// goimagehash's own two hashes, which differ from Python's in how they shrink
// the image and in the size of the transform, are there under their kinds, and
// its type is what hashes are compared as.
//
// What always holds: a hash depends on the pixels alone, and is written as 16
// hexadecimal digits, row by row, the top left bit first.
package imagehash
