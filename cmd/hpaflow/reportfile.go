package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
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
func (r *running) writeReport(stats flow.Stats, cause error) error {
	write := func(w io.Writer) error { return stats.WriteReport(w, cause) }
	if r.report == "-" {
		return write(r.stdout)
	}
	return writeFile(r.report, r.out, write)
}

// writeFile writes a file. As for the outputs of flows, the folder that it is to
// stand in is made; that is told.
func writeFile(path string, told io.Writer, write func(io.Writer) error) error {
	if place.Remote(path) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		return place.Write(context.Background(), path, b.Bytes())
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := atomicfile.MakeFolder(dir); err != nil {
			return err
		}
		fmt.Fprintf(told, "hpaflow: made the folder %s\n", lang.Safe(dir))
	}
	return atomicfile.Write(path, write)
}
