// Package watch is the command watch: the live page of a run (package live) in a
// terminal, over the network or on the same machine.
//
// What always holds: it only asks, by what the page asks too (/events), so a run is
// not held up by who watches; a run that stops answering is waited for, so long and
// no longer; it ends when the run has, with the run's exit code; and what a run tells
// is shown by way of lang.Safe, since it comes from elsewhere.
package watch
