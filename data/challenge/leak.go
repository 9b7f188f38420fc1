package challenge

import (
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
)

// Leak is a table of test samples whose labels are known.
type Leak struct {
	Name  string
	Known []Row // an Id may come more than once: the last one counts
}

// ReadLeak reads a leak table: Id,Target. Tables of leaks have been put
// together by hand, and the published one names half of its samples twice;
// so an Id that comes again is no error, and its last row counts.
func ReadLeak(path string, classes int, limit table.Limit) (Leak, error) {
	leak := Leak{Name: path}
	err := limit.Scan(path, table.Columns{Need: []string{"Id", "Target"}}, func(f table.Fields) error {
		id := strings.Clone(f.Get(0))
		if err := data.CheckID(id); err != nil {
			return err
		}
		labels, err := data.ParseLabels(f.Get(1), classes)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		leak.Known = append(leak.Known, Row{ID: id, Labels: labels})
		return nil
	})
	return leak, err
}

// Applied says what a leak table did.
type Applied struct {
	Name     string
	Samples  int      // of the submission that the table knows
	Changed  int      // those whose labels are now others
	Repeated int      // rows for an Id that stands in the table above
	Strange  []string // Ids that are not in the submission, in the table's order, each once
}

// Apply gives the rows with the labels of the leak tables in place of their
// own, table after table, so that a later table wins. Ids that are not in the
// submission are reported and change nothing.
func Apply(rows []Row, leaks []Leak) ([]Row, []Applied) {
	out := append([]Row(nil), rows...)
	place := make(map[string]int, len(out))
	for i, r := range out {
		place[r.ID] = i
	}
	var report []Applied
	for _, leak := range leaks {
		a := Applied{Name: leak.Name}
		last := make(map[string]data.Labels, len(leak.Known))
		for _, k := range leak.Known {
			if _, again := last[k.ID]; again {
				a.Repeated++
			} else if _, here := place[k.ID]; !here {
				a.Strange = append(a.Strange, k.ID)
			}
			last[k.ID] = k.Labels
		}
		a.Samples = len(last) - len(a.Strange)
		for id, labels := range last {
			if i, here := place[id]; here && out[i].Labels != labels {
				out[i].Labels = labels
				a.Changed++
			}
		}
		report = append(report, a)
	}
	return out, report
}
