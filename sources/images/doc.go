// Package images has the sources of samples in folders, label tables and
// streams: channel images, RGBY images, image sets, and the rows of tables with
// where their images are.
package images
