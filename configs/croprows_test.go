package configs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/crops"
	"hpaflow/data/table"
	"hpaflow/flow"
)

// The table of crops has a row for each crop that there is, and none for a cell that
// has none: it is too large, or its field cannot be read, has a mask of another size
// or no row in the fields' table. It is the same where all crops were there before.
func TestTableOfCrops(t *testing.T) {
	dir := t.TempDir()
	fields, masks := filepath.Join(dir, "fields"), filepath.Join(dir, "masks")
	if err := os.Mkdir(masks, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(fields, os.DirFS("example")); err != nil {
		t.Fatal(err)
	}
	side := fieldSide(t)
	for _, row := range example {
		maskOf(t, filepath.Join(masks, row.ID+"_cp_masks.png"), side)
	}
	cut, otherSize, stranger := example[0].ID, example[1].ID, example[2].ID
	red := filepath.Join(fields, cut+"_red.png")
	if err := os.Truncate(red, int64(len(mustRead(t, red))/2)); err != nil {
		t.Fatal(err)
	}
	maskOf(t, filepath.Join(masks, otherSize+"_cp_masks.png"), side-1)
	var rows []table.Row
	for i, row := range example {
		if row.ID != stranger {
			row.Split = []string{"train", "val"}[i%2]
			rows = append(rows, row)
		}
	}
	labels := writeTable(t, rows...)

	var want []table.Row
	for _, row := range rows[2:] {
		for _, label := range []uint32{7, 300} { // 3 is 21 pixels high
			row := row
			row.ID = crops.Key(row.ID, label)
			want = append(want, row)
		}
	}
	for _, format := range []string{"png", "shards"} {
		out, cells := filepath.Join(dir, format), filepath.Join(dir, format+".csv")
		sets := []string{"input=" + fields, "masks=" + masks, "output=" + out, "size=20", "table=" + labels, "cells=" + cells, "format=" + format}
		var first string
		for again := range 2 {
			if stats := mustRun(t, "crops.flow", flow.Options{}, sets...); stats.DeadLetters != 2+4 {
				t.Errorf("%s, run %d: %d dead letters", format, again, stats.DeadLetters)
			}
			text := string(mustRead(t, cells))
			if again > 0 && text != first {
				t.Errorf("%s: the table of the second run is another:\n%s", format, text)
			}
			first = text
		}
		got, err := table.Read(cells, len(data.LabelNames))
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %d rows, want %d: %v\n%s", format, len(got), len(want), err, first)
		}
		for i, row := range got {
			if row != want[i] {
				t.Errorf("%s: row %d is %+v, want %+v", format, i, row, want[i])
			}
		}
		if _, err := build("train.flow", flow.Options{}, "images="+out, "table="+cells, "out="+filepath.Join(dir, "run"), "size=32", "batch=2"); err != nil {
			t.Errorf("%s: training on it: %v", format, err)
		}
	}
}

// Without a table of fields that of crops has their Ids alone, and is made again.
func TestTableWithoutLabels(t *testing.T) {
	dir := t.TempDir()
	cells := filepath.Join(dir, "cells.csv")
	for _, row := range example {
		maskOf(t, filepath.Join(dir, row.ID+"_cp_masks.png"), fieldSide(t))
	}
	for range 2 {
		mustRun(t, "crops.flow", flow.Options{}, "input=example", "masks="+dir, "output="+filepath.Join(dir, "out"), "size=24", "border=drop", "cells="+cells)
		if text, want := string(mustRead(t, cells)), "Id\n1_A1_1_3\n1_A1_1_7\n"; !strings.HasPrefix(text, want) {
			t.Errorf("the table is %q, want %q and more", text, want)
		}
	}
}
