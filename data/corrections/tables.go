package corrections

import (
	"fmt"
	"path/filepath"

	"hpaflow/data/table"
)

// Correct corrects rows of a table in place by the corrections in a file, and tells how
// many it used. No path changes nothing. A file that is not there is an error, as one
// that is named is wanted.
func Correct(path string, classes int, limit table.Limit, rows []table.Row) (told string, err error) {
	if path == "" {
		return "", nil
	}
	l, err := Read(path, classes, limit)
	if err != nil {
		return "", fmt.Errorf("corrections: %w", err)
	}
	return fmt.Sprintf("%s: %s", filepath.Base(path), l.Apply(rows)), nil
}
