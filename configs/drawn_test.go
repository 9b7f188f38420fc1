package configs_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells"
	"hpaflow/data/codec"
	"hpaflow/data/table"
)

var update = flag.Bool("update", false, "draw the images of example/ again")

// example is the set of samples in example/: an Id and its labels each.
var example = []table.Row{
	{ID: "1_A1_1", Labels: data.LabelsOf(0), Labeled: true},
	{ID: "1_A1_2", Labels: data.LabelsOf(0, 2), Labeled: true},
	{ID: "1_B3_1", Labels: data.LabelsOf(21), Labeled: true},
	{ID: "1_B3_2", Labels: data.LabelsOf(14, 25), Labeled: true},
	{ID: "1_C2_1", Labels: data.LabelsOf(6), Labeled: true},
	{ID: "1_C2_2", Labels: data.LabelsOf(1, 23), Labeled: true},
}

// drawExample writes the example's channel images and label table.
func drawExample(t *testing.T, dir string) {
	t.Helper()
	for i, row := range example {
		im, err := cells.Field(uint64(i+1), 96, row.Labels)
		if err != nil {
			t.Fatal(err)
		}
		for c, colour := range data.Colours {
			var b bytes.Buffer
			plane := &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[c : c+1]}
			if err := codec.EncodeRGBY(&b, plane); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, row.ID+"_"+colour+".png"), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := table.Write(filepath.Join(dir, "train.csv"), example); err != nil {
		t.Fatal(err)
	}
}

// The example's files are those that are drawn today: the table to the byte,
// images to the pixel. How a PNG is packed may change.
func TestExampleIsAsDrawn(t *testing.T) {
	if *update {
		drawExample(t, "example")
	}
	dir := t.TempDir()
	drawExample(t, dir)
	drawn, kept := slices.Sorted(maps.Keys(foldertest.Results(t, dir))), slices.Sorted(maps.Keys(foldertest.Results(t, "example")))
	if !slices.Equal(drawn, kept) {
		t.Fatalf("example/ holds %v, want %v", kept, drawn)
	}
	for _, name := range drawn {
		want, got := mustRead(t, filepath.Join(dir, name)), mustRead(t, filepath.Join("example", name))
		if filepath.Ext(name) != ".png" {
			if !bytes.Equal(got, want) {
				t.Errorf("example/%s:\n%s\nwant\n%s", name, got, want)
			}
			continue
		}
		if off := furthest(t, name, got, want); off > roundingOff {
			t.Errorf("example/%s has pixels %d off", name, off)
		}
	}
}

// roundingOff is how far off a pixel may be where a processor fuses multiply
// and add (see package cells).
var roundingOff = map[bool]int{true: 0, false: 1}[runtime.GOARCH == "amd64"]

// furthest is the largest difference between the pixels of two grey images.
func furthest(t *testing.T, name string, a, b []byte) (off int) {
	t.Helper()
	x, err := codec.Decode(name, a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := codec.Decode(name, b)
	if err != nil {
		t.Fatal(err)
	}
	if x.Width != y.Width || x.Height != y.Height {
		t.Fatalf("%s is %d x %d, want %d x %d", name, x.Width, x.Height, y.Width, y.Height)
	}
	for i, v := range x.Planes[0].U8 {
		off = max(off, int(max(v, y.Planes[0].U8[i])-min(v, y.Planes[0].U8[i])))
	}
	return off
}
