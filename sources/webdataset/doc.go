// Package webdataset has the source of samples in other people's tars, as WebDataset has
// them: members beside one another whose names are the sample's key, a dot, and what they
// are. The key goes up to the first dot of the name, and has the folders it is in.
//
// Tars are read from their beginning to their end, one after another, from this machine or a
// store, as they are or compressed. Whether a member is an image is for the decoder to find
// out; here it is named, bounded, and handed on.
//
// What always holds:
//   - Of a sample only what is asked for is read: the image, and what labels are read from.
//   - A sample is yielded when all its members have been seen. One whose tar breaks off may
//     lack some: it is a dead letter, as is the tar; what came before it stands.
//   - Two samples of one key never become one: the second is passed over if its image is the
//     same, and else a dead letter.
package webdataset
