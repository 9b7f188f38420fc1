// Package configs holds the jobs as .flow files, one a job, and a small set of
// synthetic cells in example/ to try them on. The comment at the top of a file
// says what it does, and its variables what can be set. Some are files of steps
// that run others: network.flow, the published runs, ensemble.flow, demo.flow, hpa.flow.
// TUTORIAL.md goes through them in the order of the workflow.
//
// What always holds: every file here is checked and formatted by a test, and
// run by one, but for the published runs, which take days; of these a test
// looks at what they would run.
package configs

import "embed"

// Files are the .flow files.
//
//go:embed *.flow
var Files embed.FS
