// Package terminal is what stands between the program and whoever started it:
// standard input and output that end with a run, and what a terminal can show.
//
// What always holds: output that is lost is remembered, so that no command ends
// well without it; a reader or a writer that stalls does not outlive the run.
package terminal
