// Package compare is the command compare: training runs side by side, as a table and
// as a page with their curves.
//
// A run is the folder that a flow with the sinks metrics, checkpoint and report has
// written. Scores come from its last checkpoint, which knows when each epoch ended, and
// where there is none from metrics.csv; settings from run.flow.
//
// What always holds: nothing is written but the page that was asked for; a folder
// that is no run is an error that names it; the page needs no other file and runs
// nothing.
package compare
