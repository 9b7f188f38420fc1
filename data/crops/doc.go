// Package crops is about single cells of a field of view: the masks that say
// where they are, the pixels around each, and the masks' form in the Human Protein
// Atlas single-cell challenge of 2021.
//
// A Mask comes of a label image, as Cellpose, StarDist, CellProfiler and
// HPA-Cell-Segmentation write (Folder finds a sample's), or of a row of a submission
// (Table), whose cells are run lengths in COCO's form (RLE). Its cells are those
// with at least one pixel, by label. Cut gives the square of pixels around one.
//
// What always holds: cells come in the order of their labels; a crop's pixels are
// the field's, bit for bit, or zeros, unless it is larger than the square and is to
// shrink; a mask that lies about its size, overlaps its own end or has too many
// cells is an error before memory is spent on what it claims.
//
// Networks and files of crops are not here: crops are samples like any others.
package crops
