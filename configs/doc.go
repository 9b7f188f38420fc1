// Package configs holds the jobs as .flow files, one a job, and a small set of
// synthetic cells in example/ to try them on. The comment at the top of a file
// says what it does, and its variables what can be set.
//
// What always holds: every file here is checked, formatted and run by a test.
package configs

import "embed"

// Files are the .flow files.
//
//go:embed *.flow
var Files embed.FS
