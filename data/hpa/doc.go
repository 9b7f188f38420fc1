// Package hpa is the Human Protein Atlas as it is published: its XML, of which
// the whole holds 13 GB, the names of its images, and which label a location is.
//
// # The XML
//
// One entry a gene; in it antibodies, and below an antibody, for each assay of a
// technology, data of cell lines:
//
//	proteinAtlas/entry@version, name, identifier@id
//	  antibody@id
//	    cellExpression@technology="ICC/IF"
//	      subAssay@type, verification
//	        data: cellLine, location..., assayImage/image@imageType="sampleImage"/imageUrl
//
// A file of one gene may begin with its entry. Read yields the images of such data
// and passes over all else: what tissues express is most of the file. It reads
// tags itself: encoding/xml takes eight times as long for the same.
//
// # Names
//
// An image is NUM/PLATE_WELL_FOV, the number being the antibody's; behind it may
// stand _cr and 13 hexadecimal digits, which some of its files have in their names
// and others have not. Its Id is NUM_PLATE_WELL_FOV, as the challenge's tables
// have it: one field of view has one Id, whatever its files are called. Names that
// begin with si are of cells in which the gene was silenced.
//
// # What always holds
//
//   - Reading takes the same memory for any file: tags, texts and depth are bounded,
//     nothing is kept of what was read, and entities that a file declares are refused.
//   - What is passed over is counted, by what it is (Tally).
//   - A label stands for a location only where a table here says so; others are
//     counted by name.
//
// Files are got by sources/hpa; nothing here reaches a network.
package hpa
