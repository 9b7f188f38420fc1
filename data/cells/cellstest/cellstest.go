// Package cellstest draws what tests train on.
package cellstest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
	"hpaflow/data/cells"
	"hpaflow/data/codec"
	"hpaflow/data/table"
)

// TrainingSet draws RGBY images of 48 x 48 pixels, so many to train on and to
// validate with, whose protein is in the nucleus (label 0) or outside (25) in
// turns; and writes their table, with splits. It gives the folder of the images
// and the table's path.
func TrainingSet(t testing.TB, train, val int) (images, split string) {
	t.Helper()
	images = t.TempDir()
	var rows []table.Row
	for i := range train + val {
		row := table.Row{ID: fmt.Sprintf("2_%03d", i), Labels: data.LabelsOf(25 * (i % 2)), Labeled: true, Split: "train"}
		if i >= train {
			row.Split = "val"
		}
		im, err := cells.Field(uint64(i), 48, row.Labels)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := codec.EncodeRGBY(&b, im); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(images, row.ID+".png"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	split = filepath.Join(t.TempDir(), "split.csv")
	if err := table.Write(split, rows); err != nil {
		t.Fatal(err)
	}
	return images, split
}
