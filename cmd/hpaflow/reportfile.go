package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// checkReport says, before any work, why a report could not be written to a
// file, or would take the place of something else.
func checkReport(report, flowFile string, plan *lang.Plan) error {
	if by := plan.Streams()["output"]; by != "" && (report == "-" || component.StreamOf(report) == "output") {
		return fmt.Errorf("--report %s: standard output has one user, and %s is it", report, by)
	}
	if report == "-" {
		return nil
	}
	if err := errors.Join(component.CheckTilde(report), component.Writable(report, false)); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	read, written := plan.Paths()
	for _, path := range append(append(read, written...), flowFile) {
		if lang.SamePlace(path, report) && component.HasOneWriter(path) {
			return fmt.Errorf("--report: %q is a file of the flow itself", report)
		}
	}
	return nil
}

// writeReport writes what a run did.
func writeReport(report string, stdout io.Writer, stats flow.Stats, cause error) error {
	write := func(w io.Writer) error { return stats.WriteReport(w, cause) }
	if report == "-" {
		return write(stdout)
	}
	return writeFile(report, write)
}

// writeFile writes a file, and makes the folder it is to stand in.
func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return atomicfile.Write(path, write)
}
