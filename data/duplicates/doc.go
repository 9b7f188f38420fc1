// Package duplicates finds samples that show the same picture, by the hashes of
// their green channel, and keeps what it finds in tables.
//
// Images are hashed elsewhere (package imagehash). Here Groups puts those of
// one hash, or of hashes that differ in few bits, together, and Leaks carries
// the labels of groups over to test samples. Table files hold hashes (Cache) and groups (Read, Write).
//
// What always holds: the order of images decides the order of groups, of the
// Ids in a group, and which of several equally near groups counts; the hash of
// all zeros, which any dark image has, joins nothing; time and memory grow with
// the number of images, not with that of pairs, unless hashes crowd together.
package duplicates
