package predict

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"hpaflow/data"
	"hpaflow/data/table"
)

// Read adds the rows of a table, and ends at the first that has a fault. Errors
// are those of the function Read; the sum is then to be thrown away.
func (j *Joining) Read(path string, classes int, limit table.Limit) error {
	format, err := FormatOf(path)
	if err == nil && format != Shards && j.fits && !j.sum.grows {
		return j.readCSV(path, classes, limit)
	}
	return Each(path, classes, limit, j.Row)
}

// joined is what a piece of a file leaves to be told: its numbers are in the sum.
type joined struct {
	row              data.Prediction // the memory of each
	rows             int
	labeled          bool
	again            []repeat
	excess, contrary []string
}

// repeat is a row whose Id stands in another line, too.
type repeat struct{ at, line int }

// readCSV adds a file's rows on all processors: it is known which there are to be,
// and each is added to but once, so that no two meet.
func (j *Joining) readCSV(path string, classes int, limit table.Limit) error {
	rows := 0
	var again []repeat
	err := table.ScanParts(limit, path, wanted(classes), func(p *joined, f table.Fields) error { return j.row(p, f, classes) },
		func(p *joined, _ func(int, error)) {
			rows += p.rows
			again = append(again, p.again...)
			j.sum.out.Labeled = j.sum.out.Labeled || p.labeled
			j.excess, j.contrary = append(j.excess, p.excess...), append(j.contrary, p.contrary...)
		})
	if err == nil && rows == 0 {
		return noRow(path)
	}
	return errors.Join(err, j.repeats(path, again))
}

func (j *Joining) row(p *joined, f table.Fields, classes int) error {
	if p.row.P == nil {
		p.row.P = make([]float64, classes)
	}
	p.row.ID, p.row.Labels = f.Get(0), 0
	at, known := j.sum.place[p.row.ID]
	if !known {
		if err := data.CheckID(p.row.ID); err != nil {
			return err
		}
	}
	if err := parse(f, &p.row); err != nil {
		return err
	}
	p.rows++
	p.labeled = p.labeled || p.row.Labeled
	switch {
	case !known:
		p.excess = append(p.excess, strings.Clone(p.row.ID))
	case !atomic.CompareAndSwapInt32(&j.lines[at], 0, int32(f.Line)):
		p.again = append(p.again, repeat{at, f.Line})
	case j.add(j.sum.out.Rows[at], &p.row):
		p.contrary = append(p.contrary, j.sum.out.Rows[at].ID)
	}
	return nil
}

// repeats are the faults of rows that stand in a file more than once. Which of
// them was added is chance.
func (j *Joining) repeats(path string, again []repeat) error {
	lines := map[int][]int{} // by row of the sum
	for _, r := range again {
		lines[r.at] = append(lines[r.at], r.line)
	}
	var faults []repeat
	for at := range lines {
		lines[at] = append(lines[at], int(j.lines[at]))
		slices.Sort(lines[at])
		for _, line := range lines[at][1:] {
			faults = append(faults, repeat{at, line})
		}
	}
	slices.SortFunc(faults, func(a, b repeat) int { return a.line - b.line })
	var errs []error
	for _, f := range faults[:min(len(faults), table.MostFaults)] {
		errs = append(errs, fmt.Errorf("%s:%d: %w", path, f.line, standsTwice(j.sum.out.Rows[f.at].ID, lines[f.at][0])))
	}
	return errors.Join(errs...)
}
