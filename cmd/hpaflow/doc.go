// Command hpaflow runs .flow files: typed dataflow graphs over microscopy
// images.
//
// This folder is wiring, rendering and exit codes, and nothing else: a file a
// subcommand, main.go for what they share. Progress and messages go to
// standard error; standard output carries data only, so that a flow can stand
// in a pipe.
package main
