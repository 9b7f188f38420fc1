package embed

import (
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
	"hpaflow/flow/component"
)

// TestFormOf: a folder is told by its first image, whatever that is written as.
func TestFormOf(t *testing.T) {
	for _, c := range []struct{ file, keys, want string }{
		{"a_red.png", component.KeysName, "channels"},
		{"a_red.TIF", component.KeysName, "channels"},
		{"a_red.ome.tif", component.KeysName, "channels"},
		{"a_red.tif.gz", component.KeysName, "channels"},
		{"a.png", component.KeysName, "rgby"},
		{"plate/a.png", component.KeysPath, "rgby"},
		{"plate/a.png", component.KeysName, "channels"},
		{"notes.txt", component.KeysName, "channels"},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, c.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("no picture"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := formOf(dir, "", data.Colours[:], component.Limits{Keys: c.keys}); err != nil || got != c.want {
			t.Errorf("%s, keys %s: read as %q, %v, want %s", c.file, c.keys, got, err, c.want)
		}
	}
}
