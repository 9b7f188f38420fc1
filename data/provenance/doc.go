// Package provenance tells whether an output is still what its inputs make:
// beside an output stands a small file, OUTPUT.from, with a digest of the
// contents of the files it was made from and of the settings it was made with.
//
// What always holds: an output without such a file, or with another digest, is
// not fresh. The digest is of contents, not of times or names, so that copying
// a folder changes nothing and training anew under an old name does.
package provenance
