// Command hpaflow runs .flow files: typed dataflow graphs over microscopy
// images.
//
// This folder is wiring, rendering and exit codes, and nothing else: a file a
// subcommand, main.go for what they share. Progress and messages go to
// standard error; standard output carries data only, so that a flow can stand
// in a pipe. Help that was asked for is data; an error of use is not.
//
// What always holds: output that is lost is exit code 1, whatever the command
// (stdio.go); a signal ends a run, on whomever it waits, and a second one any
// (interrupt.go); what came from outside is shown by way of lang.Safe; and the
// network reaches a run only where an address was given (hosts.go).
package main
