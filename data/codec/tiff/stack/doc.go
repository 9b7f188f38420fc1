// Package stack says what the pages of a TIFF file are of one another: channels, slices
// and times, by the metadata of OME, ImageJ or tifffile, or by their number alone.
//
// Not here: pixels, and which of the planes are wanted (package codec).
//
// What always holds:
//   - A plane is a page, or a sample of its pixels, or lies behind the first page as ImageJ
//     writes stacks beyond 4 GB. One that another file has is named, not guessed.
//   - Smaller copies and masks are no planes. Pages that do not fit together are an error.
//   - How many planes metadata claims takes no memory. What OME's claims is held to the
//     pages there are and the planes that other files are said to have: no more may be
//     missing than there are, or 65536.
package stack
