// Package duplicates has the sinks of hashes, groups of copies and leaks, and a
// contact sheet of them.
package duplicates
