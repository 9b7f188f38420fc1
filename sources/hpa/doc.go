// Package hpa has the sources of the Human Protein Atlas: the images that its XML
// lists, and these images from its server.
//
// What always holds:
//
//   - The XML is read as it comes, in the memory of one tag; what is passed over is
//     counted and said.
//   - The server is asked as sources/download asks any: so many at once, after
//     growing waits, as late as it wants.
//   - The channels of a sample come in one format, or the sample fails: 16 bits
//     never become 8 because a server was busy.
package hpa
