package table_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
)

// A label table is written, read again, and read as any CSV file is.
func Example() {
	dir, err := os.MkdirTemp("", "table")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	file := filepath.Join(dir, "train.csv") // train.csv.zst would be compressed
	if err := table.Write(file, []table.Row{
		{ID: "1_A1_1", Labels: data.LabelsOf(25, 0), Labeled: true, Split: "train"},
		{ID: "1_A1_2", Labels: data.LabelsOf(21), Labeled: true, Split: "val"},
	}); err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))

	rows, err := table.ReadLabelled(file, len(data.LabelNames))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows[0].ID, rows[0].Labels.Numbers(), rows[0].Split)

	columns := table.Columns{Need: []string{"Id"}, May: []string{"Split", "Plate"}}
	err = table.Scan(file, columns, func(f table.Fields) error {
		fmt.Printf("line %d: %s %s, a plate: %v\n", f.Line, f.Get(0), f.Get(1), f.Has(2))
		return nil
	})
	fmt.Println(err)
	// Output:
	// Id,Target,Split
	// 1_A1_1,0 25,train
	// 1_A1_2,21,val
	// 1_A1_1 [0 25] train
	// line 2: 1_A1_1 train, a plate: false
	// line 3: 1_A1_2 val, a plate: false
	// <nil>
}

// Every fault of a table is told at once, each with its line.
func ExampleRead() {
	dir, err := os.MkdirTemp("", "table")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "train.csv")
	if err := os.WriteFile(file, []byte("Id,Target\na,0\na,1\nb,28\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	_, err = table.Read(file, 28)
	fmt.Println(strings.ReplaceAll(err.Error(), dir+"/", ""))
	// Output:
	// train.csv:3: a stands in line 2 already
	// train.csv:4: b: label "28" is not a number in 0..27
}
