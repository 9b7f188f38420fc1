// Package preview makes of the values that travel on edges what people can look
// at while a flow runs: pictures of images and batches, lines of text of anything
// else, and epochs of what training yields. Package live shows them.
//
// What always holds: a value is only read; Copy, for which its stage waits, takes
// of an image no more pixels than are shown, so that it takes as long for a large
// one as for a small one; what is shown of a value is bounded.
package preview
