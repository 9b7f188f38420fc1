package forms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"hpaflow/data"
	"hpaflow/data/codec"
)

// golden is a file of testdata, which golden.py there has written by the library itself.
func golden(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameJSON compares what two texts say.
func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("says\n%s\nwant\n%s", got, want)
	}
}

// Files are to the byte those of mosaicml-streaming's MDSWriter and litdata's BinaryWriter, and
// their indexes say the same.
func TestWritersOfTheLibraries(t *testing.T) {
	r := packed(t, samples())
	for form, name := range map[Form]string{MDS: "shard.00000.mds", LitData: "chunk-0-0.bin"} {
		dir := t.TempDir()
		if err := export(t, r, Options{Form: form}, dir, 0); err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		got := files(t, dir)
		suffix := map[Form]string{MDS: "mds.mds", LitData: "litdata.bin"}[form]
		if want := golden(t, suffix); got[name] != want {
			t.Errorf("%s: %d bytes, want %d\n%.200q\n%.200q", form, len(got[name]), len(want), got[name], want)
		}
		sameJSON(t, got[indexName], golden(t, string(form)+".json"))
	}
}

// columnsOf are the leaves of a Parquet file's schema, with their types.
func columnsOf(t *testing.T, path string) (columns []string, features string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	p, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Schema().Columns() {
		leaf, _ := p.Schema().Lookup(path...)
		columns = append(columns, fmt.Sprint(path, leaf.Node.Type().Kind(), leaf.Node.Type().LogicalType(), leaf.MaxDefinitionLevel))
	}
	features, _ = p.Lookup("huggingface")
	return columns, features
}

// Parquet has the columns, types and features that datasets gives such rows.
func TestFeatures(t *testing.T) {
	list := samples()
	for image, from := range map[Image][]*data.Sample{PNG: list[:2], NPY: list} {
		dir := t.TempDir()
		if err := export(t, packed(t, from), Options{Form: Parquet, Image: image}, dir, 0); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "shard-00000.parquet")
		columns, features := columnsOf(t, path)
		want, wantFeatures := columnsOf(t, "testdata/"+string(image)+".parquet")
		if !slices.Equal(columns, want) {
			t.Errorf("columns\n%s\nwant\n%s", columns, want)
		}
		sameJSON(t, features, wantFeatures)
	}
}

// Labels that are not known are null, and none are an empty list.
func TestUnknownLabels(t *testing.T) {
	dir := t.TempDir()
	if err := export(t, packed(t, samples()), Options{Form: Parquet, Image: NPY}, dir, 0); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.ReadFile[struct {
		Key    string  `parquet:"key"`
		Labels []int32 `parquet:"labels,optional,list"`
		NPY    []byte  `parquet:"npy"`
	}](filepath.Join(dir, "shard-00000.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range samples() {
		if (rows[i].Labels == nil) == s.Labeled || len(rows[i].Labels) != s.Labels.Len() || rows[i].Key != s.ID {
			t.Errorf("%s: %v", s.ID, rows[i].Labels)
		}
		im, err := codec.DecodeChannels("", rows[i].NPY)
		if err != nil || !bytes.Equal(im.Planes[0].Raw(), s.Image.Planes[0].Raw()) {
			t.Errorf("%s: %v", s.ID, err)
		}
	}
}

// Statistics of images are not kept, which would be images themselves.
func TestParquetIsAsSmall(t *testing.T) {
	large := samples()[0]
	large.Image, large.Planes = data.NewImage(256, 256, 4, 8), nil
	dir := t.TempDir()
	if err := export(t, packed(t, []*data.Sample{large}), Options{Form: Parquet, Image: NPY}, dir, 0); err != nil {
		t.Fatal(err)
	}
	if size, pixels := len(files(t, dir)["shard-00000.parquet"]), int(large.Image.Bytes()); size > pixels+8<<10 {
		t.Errorf("%d bytes for %d of pixels", size, pixels)
	}
}
