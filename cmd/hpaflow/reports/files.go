package reports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/sinks/results"
)

// Files are where reports go: JSON to standard output for "-", a page to a name that
// ends in .html, JSON to any other.
type Files []string

// Stdout says that a report goes to standard output.
func (f Files) Stdout() bool { return slices.Contains(f, "-") }

// isPage says whether a report is one for people.
func isPage(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".html" || ext == ".htm"
}

// CheckNames refuses files that cannot be written, before a flow is looked at.
func (f Files) CheckNames() error {
	for i, name := range f {
		if name == "-" {
			continue
		}
		if err := errors.Join(component.CheckTilde(name), component.Writable(name, false)); err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		for _, other := range f[:i] {
			if lang.SamePlace(name, other) && component.HasOneWriter(name) {
				return fmt.Errorf("--report: %q is named twice", name)
			}
		}
	}
	return nil
}

// CheckPlan says why reports could not be written beside what a flow reads and
// writes.
func (f Files) CheckPlan(flowFile string, plan *lang.Plan) error {
	for _, name := range f {
		if by := plan.Streams()["output"]; by != "" && (name == "-" || component.StreamOf(name) == "output") {
			return fmt.Errorf("--report %s: standard output has one user, and %s is it", name, by)
		}
		if name == "-" {
			continue
		}
		read, written := plan.Paths()
		for _, path := range append(append(read, written...), flowFile) {
			if lang.SamePlace(path, name) && component.HasOneWriter(path) {
				return fmt.Errorf("--report: %q is a file of the flow itself", name)
			}
		}
	}
	return nil
}

// CheckOwn refuses to replace what is no report.
func (f Files) CheckOwn() error {
	for _, name := range f {
		if name == "-" || place.Remote(name) {
			continue
		}
		kind := results.JSON("a report of a run", "{")
		if isPage(name) {
			kind = results.Kind{Name: "a report of a run", Is: func(head []byte) bool { return bytes.Contains(head, []byte(PageMark)) }}
		}
		if err := kind.Check(name); err != nil {
			return err
		}
	}
	return nil
}

// CheckPage says, before any work, why a page could not be written, by a flag of
// this name.
func (f Files) CheckPage(flag string) error {
	for _, name := range f {
		if name == "-" || !isPage(name) {
			return fmt.Errorf("%s is %q, want a file that ends in .html", flag, name)
		}
		if err := errors.Join(component.CheckTilde(name), component.Writable(name, false)); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	return f.CheckOwn()
}

// Write writes a report to each file. Told is where people read that a folder was
// made for one.
func (f Files) Write(r Report, stdout, told io.Writer) error {
	var faults []error
	for _, name := range f {
		write := r.json
		if isPage(name) {
			write = r.page
		}
		err := error(nil)
		if name == "-" {
			err = write(stdout)
		} else {
			err = WriteFile(name, told, write)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("report: %w", err))
		}
	}
	return errors.Join(faults...)
}

// WriteFile writes a file. As for the outputs of flows, the folder that it is to
// stand in is made; that is told.
func WriteFile(path string, told io.Writer, write func(io.Writer) error) error {
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

// Flow is what one of a run's flows did.
type Flow struct {
	Step  string // a/b; empty: it is no step
	Stats flow.Stats
	Cause error
}
