package predict_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/predict"
	"hpaflow/data/shards"
)

const (
	tableRows = 8
	shardRows = 3
)

// row is one of a table; another making gives other rows.
func row(from string, n int) *data.Prediction {
	p := &data.Prediction{ID: fmt.Sprintf("s%d", n), Labels: data.LabelsOf(n % 3), Labeled: true, Split: "val"}
	for i := range 3 {
		p.P = append(p.P, 1/float64(1+n+i+len(from)))
	}
	return p
}

func create(t *testing.T, path string, goOn bool) *predict.Writer {
	t.Helper()
	w, err := predict.Create(path, predict.Options{GoOn: goOn, ShardRows: shardRows})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fill adds the rows below to that the writer has not.
func fill(t *testing.T, w *predict.Writer, from string, to int) {
	t.Helper()
	for n := range to {
		if r := row(from, n); !w.Has(r.ID) {
			if err := w.Add(r); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func whole(t *testing.T, path, from string) {
	t.Helper()
	w := create(t, path, false)
	fill(t, w, from, tableRows)
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// tree is what is below a folder, by path; a folder's text is empty.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if e.IsDir() {
			all[name] = ""
			return nil
		}
		b, err := os.ReadFile(path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var formats = []string{"p.csv", "p.csv.zst", "p.shards"}

// Until a table is done the one that is there stays; then all of it is new.
func TestReplaced(t *testing.T) {
	for _, name := range formats {
		dir, other := t.TempDir(), t.TempDir()
		path := filepath.Join(dir, name)
		whole(t, path, "one")
		first := tree(t, dir)
		w := create(t, path, true)
		fill(t, w, "other", tableRows)
		if w.Left() != 0 {
			t.Errorf("%s: goes on after %d rows of a table that is complete", name, w.Left())
		}
		for file, text := range first {
			if now := tree(t, dir)[file]; now != text {
				t.Errorf("%s: %s is gone before there is another", name, file)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		whole(t, filepath.Join(other, name), "other")
		if got, want := tree(t, dir), tree(t, other); !maps.Equal(got, want) {
			t.Errorf("%s: %d files, want %d, or other bytes", name, len(got), len(want))
		}
	}
}

// A folder of shards that is stopped anywhere ends as one that was not, gone on
// with or begun anew.
func TestStoppedFolder(t *testing.T) {
	for _, from := range []string{"one", "other"} {
		goOn := from == "one"
		undisturbed := t.TempDir()
		whole(t, filepath.Join(undisturbed, "p.shards"), from)
		want := tree(t, undisturbed)
		for stop := range tableRows {
			aborted, killed := t.TempDir(), t.TempDir()
			w := create(t, filepath.Join(aborted, "p.shards"), false)
			fill(t, w, "one", stop)
			if err := os.CopyFS(killed, os.DirFS(aborted)); err != nil { // what a kill would leave
				t.Fatal(err)
			}
			if err := w.Abort(); err != nil {
				t.Fatal(err)
			}
			if left := tree(t, aborted); stop <= shardRows && len(left) != 0 || left["p.shards"] != "" {
				t.Errorf("the stop after %d rows left %d files", stop, len(left))
			}
			for _, dir := range []string{aborted, killed} {
				w := create(t, filepath.Join(dir, "p.shards"), goOn)
				left := max(stop-1, 0) / shardRows * shardRows
				if from == "other" {
					left = 0
				}
				if w.Left() != left {
					t.Errorf("stopped after %d rows, goes on after %d, want %d", stop, w.Left(), left)
				}
				fill(t, w, from, tableRows)
				if err := w.Commit(); err != nil {
					t.Fatal(err)
				}
				if got := tree(t, dir); !maps.Equal(got, want) {
					t.Errorf("stopped after %d rows: %d files, want %d, or other bytes", stop, len(got), len(want))
				}
			}
		}
	}
}

// A writer that is killed while its folder takes the place of another loses
// nothing.
func TestKilledInCommit(t *testing.T) {
	undisturbed := t.TempDir()
	whole(t, filepath.Join(undisturbed, "p.shards"), "one")
	want := tree(t, undisturbed)
	for name, old := range map[string]string{"the part is complete": "p.shards", "the old folder is away": "p.shards.old"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "p.shards")
		whole(t, path, "other")
		err := errors.Join(os.Rename(path, filepath.Join(dir, "away")), os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, old)), os.CopyFS(path+".part", os.DirFS(filepath.Join(undisturbed, "p.shards"))))
		if err != nil {
			t.Fatal(err)
		}
		w := create(t, path, true)
		if w.Left() != tableRows {
			t.Errorf("%s: goes on after %d rows of %d", name, w.Left(), tableRows)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, dir); !maps.Equal(got, want) {
			t.Errorf("%s: %d files, want %d, or other bytes", name, len(got), len(want))
		}
	}
}

// What is no part of ours is not removed to make one.
func TestForeignPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.shards")
	for _, suffix := range []string{".part", ".old"} {
		if err := errors.Join(os.Mkdir(path+suffix, 0o755), os.WriteFile(filepath.Join(path+suffix, "notes.txt"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		w, err := predict.Create(path, predict.Options{})
		if err == nil {
			fill(t, w, "one", 1)
			err = w.Commit()
		}
		if err == nil || !strings.Contains(err.Error(), suffix+" is there, and is not to be removed: it holds notes.txt") {
			t.Errorf("%s: %v", suffix, err)
		}
		if _, err := os.Stat(filepath.Join(path+suffix, "notes.txt")); err != nil {
			t.Error(err)
		}
		os.RemoveAll(path + suffix)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	planes, err := shards.Create(path("planes.shards"), shards.Planes, shards.Options{Limits: shards.Limits{Samples: 1, Bytes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := shards.EncodeSample(&data.Sample{ID: "a", Image: data.NewImage(1, 1, 1, 8)}, shards.Zstd)
	if err := errors.Join(err, planes.Add(f), planes.Commit(), os.Mkdir(path("folder.csv"), 0o755), os.WriteFile(path("file.shards"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	whole(t, path("notes.shards"), "one")
	if err := os.WriteFile(path("notes.shards/notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	busy := create(t, path("busy.shards"), false)
	defer busy.Abort()
	before := tree(t, dir)
	for name, want := range map[string]string{
		"p":             `p" does not tell what it is: a table of probabilities is called NAME.csv, NAME.csv.zst, or NAME.shards`,
		"p.parquet":     "does not tell what it is",
		"folder.csv":    "folder.csv is there, and is a folder",
		"file.shards":   "file.shards is there, and is not to be replaced: ",
		"planes.shards": "planes.shards holds shards of planes, not of probabilities",
		"notes.shards":  "notes.shards is there, and is not to be replaced: it holds notes.txt, which is no shard",
		"busy.shards":   "another run is writing to " + path("busy.shards.part"),
	} {
		if _, err := predict.Create(path(name), predict.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
	if !maps.Equal(before, tree(t, dir)) {
		t.Error("a writer that was refused has changed something")
	}
	for _, name := range formats {
		if w := create(t, path(name), false); w.Commit() == nil {
			t.Errorf("%s: a table of no rows was written", name)
		}
		w := create(t, path(name), false)
		fill(t, w, "one", 1)
		for want, change := range map[string]func(*data.Prediction){
			"some samples of the table have labels, some have none": func(p *data.Prediction) { p.Labels, p.Labeled = 0, false },
			"s1 has 2 probabilities, s0 has 3":                      func(p *data.Prediction) { p.P = p.P[:2] },
			"s1: P00 is 2, want a probability in 0..1":              func(p *data.Prediction) { p.P[0] = 2 },
		} {
			p := row("one", 1)
			change(p)
			if err := w.Add(p); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\nwant %s", name, err, want)
			}
		}
		if err := w.Abort(); err != nil {
			t.Fatal(err)
		}
	}
	if !maps.Equal(before, tree(t, dir)) {
		t.Error("a writer that was aborted has left something")
	}
}

func TestReadShardsRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "p.shards")
	w, err := shards.Create(path, shards.Probabilities, shards.Options{Limits: shards.Limits{Samples: 9, Bytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	unlabelled := row("one", 1)
	unlabelled.Labels, unlabelled.Labeled = 0, false
	for _, p := range []*data.Prediction{row("one", 0), unlabelled} {
		f, err := shards.EncodePrediction(p)
		if err := errors.Join(err, w.Add(f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path    string
		classes int
		want    string
	}{
		{path, 3, path + ": some samples have labels, some, as s1, have none"},
		{path, 4, path + ": s0 has 3 probabilities, want 4"},
		{filepath.Join(dir, "gone.shards"), 3, "no such file"},
		{path + ".part", 3, "does not tell what it is"},
	} {
		if got, err := predict.Read(c.path, c.classes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %v\nwant %s", got, err, c.want)
		}
	}
}
