// Package images has the ops that make planes of files and files of planes:
// decoding and merging channels, bringing downloaded ones into the challenge's
// form, resizing, labelling, encoding.
package images
