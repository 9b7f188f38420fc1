// Package images has the sinks of encoded images and of the table of their
// samples: a folder of files, or a tar stream on standard output.
package images
