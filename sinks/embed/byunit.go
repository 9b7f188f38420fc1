package embed

import (
	"fmt"
	"os"
	"path/filepath"

	"hpaflow/data/embed"
	"hpaflow/flow/component"
	"hpaflow/sinks/results"
)

// byUnit gives each unit a table of its own. Those of NAME.parquet appear in a
// folder of that name as soon as they are done, which every reader of Parquet
// takes for one table; arrays appear under their own names; and the rows of
// NAME.csv are written into one file when all units are done.
func byUnit() *component.ByUnit {
	folder, file := results.FolderByUnit("file"), results.FileByUnit("file", joinCSV)
	of := func(a component.Args) *component.ByUnit {
		if format, _ := embed.FormatOf(a.String("file")); format == embed.CSV {
			return file
		}
		return folder
	}
	return &component.ByUnit{
		Home: func(a component.Args) (string, bool) { return of(a).Home(a) },
		Private: func(a component.Args, dir string) component.Args {
			if isParquet(a) {
				return results.Elsewhere(a, "file", filepath.Join(dir, partName))
			}
			return of(a).Private(a, dir)
		},
		Publish: func(a component.Args, dir string, unit int) (map[string]component.Published, error) {
			switch {
			case isParquet(a):
				if _, err := os.Stat(filepath.Join(dir, partName)); err != nil {
					return nil, nil // no cell of the unit went well
				}
				return map[string]component.Published{partName: {Name: fmt.Sprintf("part-%05d.parquet", unit)}}, nil
			case of(a).Publish == nil:
				return nil, nil
			}
			return of(a).Publish(a, dir, unit)
		},
		Check: func(a component.Args, _ int, _ int64) error {
			if info, err := os.Stat(a.String("file")); isParquet(a) && err == nil && !info.IsDir() {
				return fmt.Errorf("%s is there, and is a file: units make a folder of that name; move it away, or choose another name", a.String("file"))
			}
			return nil
		},
		Join: func(n *component.Node, j *component.Joined) error { return of(n.Args).Join(n, j) },
	}
}

const partName = "part.parquet"

func isParquet(a component.Args) bool {
	format, _ := embed.FormatOf(a.String("file"))
	return format == embed.Parquet
}

// joinCSV writes the tables of units one behind the other.
func joinCSV(n *component.Node, parts []string) error {
	return embed.JoinCSV(n.Args.String("file"), parts)
}
