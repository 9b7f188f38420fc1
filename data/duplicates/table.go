package duplicates

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/table"
)

// Read reads a duplicates table: hash, Ids, Target. An Id that stands in two
// groups is an error, as are the faults of any table; they name the line.
func Read(path string, classes int, limit table.Limit) ([]Group, error) {
	var groups []Group
	lineOf := map[string]int{}
	err := limit.Scan(path, table.Columns{Need: []string{"hash", "Ids", "Target"}}, func(f table.Fields) error {
		hash, err := ParseHash(f.Get(0))
		if err != nil {
			return err
		}
		g := Group{Hash: hash}
		if g.Labels, err = data.ParseLabels(f.Get(2), classes); err != nil {
			return fmt.Errorf("%v: %w", hash, err)
		}
		for _, id := range strings.Fields(f.Get(1)) {
			if err := data.CheckID(id); err != nil {
				return err
			}
			if line, twice := lineOf[id]; twice {
				return fmt.Errorf("%s stands in line %d already", id, line)
			}
			id = strings.Clone(id)
			lineOf[id] = f.Line
			g.IDs = append(g.IDs, id)
		}
		if g.IDs == nil {
			return errors.New("the group has no Id")
		}
		groups = append(groups, g)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return groups, nil
}

// Write writes a duplicates table, atomically: one row a group, Ids joined by
// blanks, and labels sorted as text.
func Write(path string, groups []Group) error {
	return writeCSV(path, []string{"hash", "Ids", "Target"}, len(groups), func(i int) []string {
		g := groups[i]
		return []string{g.Hash.String(), strings.Join(g.IDs, " "), labelText(g.Labels)}
	})
}

// WriteLeaks writes a leak table, atomically: Id, Target.
func WriteLeaks(path string, leaks []Image) error {
	return writeCSV(path, []string{"Id", "Target"}, len(leaks), func(i int) []string {
		return []string{leaks[i].ID, labelText(leaks[i].Labels)}
	})
}

func writeCSV(path string, header []string, rows int, row func(int) []string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Write(header)
		for i := range rows {
			out.Write(row(i))
		}
		out.Flush()
		return out.Error()
	})
}
