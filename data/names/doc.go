// Package names knows how microscopes and people call the files of a sample: what a
// pattern such as "{plate}/{id}_{channel}" makes of a name, which patterns there are
// ready, and which one a folder's names have.
//
// A pattern is text with named parts in braces:
//
//	{id}          anything, to the end of the folder or of the name
//	{site:s[0-9]+} what the regular expression (RE2) behind the colon matches
//	{channel}     which plane the file holds: the values of Channels, or anything
//	{z}, {t}      the number of the slice and of the time: digits
//	{*}, {*:...}  what is passed over, such as a checksum
//	[_{site}]     what may be there or not
//	{{ }} [[ ]]   those characters themselves
//
// It is of the name without its extension, unless it ends in one, and of as many folders
// above the file as it has slashes; folders above those are where the sample is. Parts
// take as much as they can, those to the left first. All parts but {channel}, {z}, {t}
// and {*} make the sample's key, joined by "_", or by "/" where keys are paths. That they
// do does not depend on what other files there are: a key stays what it is when a second
// plate comes. A folder that {*} passes over still parts the samples in it from others;
// it is in the key where keys are paths.
//
// Not here: what is in a folder and how files become samples (sources/images), and what
// becomes of slices (ops/images).
//
// What always holds:
//   - Matching takes time in proportion to the name: there is no backtracking.
//   - A pattern's Format of what it found in a name is the name.
//   - The same names and pattern give the same keys, whatever the order.
package names
