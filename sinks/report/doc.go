// Package report has what people look at: charts, sheets of pictures, and the
// page about a training run. Other rooms of sinks call on it to draw what they
// have written; it writes no data itself.
//
// Charts are gonum/plot's; pictures are opaque 8-bit RGB and are scaled and laid
// out by disintegration/imaging. Planes never pass through it before they are
// such pictures, since it weighs colours by alpha and cuts 16 bits to 8.
//
// What always holds: the same records give the same picture, to the byte.
package report
