package table

import (
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
)

// The challenge of 2021 has ID,Label with bars; a Target goes before a Label.
func TestTablesOf2021(t *testing.T) {
	path := filepath.Join(t.TempDir(), "train.csv")
	for text, want := range map[string]data.Labels{
		"ID,Label\nA,8|5|0\n":              data.LabelsOf(0, 5, 8),
		"Id,Label,Target\nA,nothing,3 4\n": data.LabelsOf(3, 4),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, read := range []func(string, int) ([]Row, error){Read, ReadLabelled} {
			if rows, err := read(path, 19); err != nil || len(rows) != 1 || !rows[0].Labeled || rows[0].Labels != want {
				t.Errorf("%q: %+v %v", text, rows, err)
			}
		}
	}
}
